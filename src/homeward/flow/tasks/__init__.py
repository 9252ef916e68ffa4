"""What locked workers do: bytes in, plain values out; nothing here knows a case."""
