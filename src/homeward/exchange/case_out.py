"""A case as CASE 1.5 (caseontology.org) in JSON-LD, in shards that can each be read and validated alone.

The classes are those of CASE and UCO wherever these have one; a series, a stack, a known list and what it says stand beside
them under a name space of our own. One thing has one IRI in all shards: put together, they are one graph. Nothing is held
but the shard in hand.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import msgspec

from homeward.exchange.case_records import Act, Connection, Delivery, Heading, Unread
from homeward.exchange.medium import Medium, Place, readable

LARGEST_SHARD = 100
"""Items and occurrences of one shard: validators take time that grows faster than what they read."""
_UCO = "https://ontology.unifiedcyberontology.org/uco"
_CONTEXT = {
    "kb": "urn:homeward:case:",
    "homeward": "urn:homeward:terms:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{
        f"uco-{name}": f"{_UCO}/{name}/"
        for name in ("action", "analysis", "configuration", "core", "identity", "observable", "tool", "types")
    },
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_CAC = {
    "cacontology": "https://cacontology.projectvic.org#",
    "cacontology-detection": "https://cacontology.projectvic.org/detection#",
}
"""The CAC Ontology of Project VIC (3.0.0, experimental by its own words).
Its classes stand beside those of CASE if they are asked for."""
_encode = msgspec.json.Encoder().encode
Node = dict[str, Any]


class Graph:
    """Makes the nodes of a case."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"homeward:{heading.origin}")
        self._authority = dict(heading.exhibits)

    def shards(
        self, media: Iterable[Medium], unread: Iterable[Unread], links: Iterable[Connection] = ()
    ) -> Iterator[tuple[str, bytes]]:
        """Name and text of each shard."""
        shard, number = _Shard(self), 0
        for put in self._everything(media, unread, links):
            put(shard)
            if shard.weight >= LARGEST_SHARD:
                yield f"{number:06d}.jsonld", shard.text()
                shard, number = _Shard(self), number + 1
        if shard.weight or not number:
            yield f"{number:06d}.jsonld", shard.text()

    def _everything(
        self, media: Iterable[Medium], unread: Iterable[Unread], links: Iterable[Connection]
    ) -> Iterator[Callable[[_Shard], None]]:
        for label, _ in self._heading.exhibits:
            yield _adding(self.exhibit(label))
        for act in self._heading.acts:
            yield _adding(*self.act(act), self.tool(), self.agency())
        for one in self._heading.lists:
            yield _adding(self.known_list(one))
        for medium in media:
            yield partial(self._content, medium=medium)
            for place in medium.places:
                yield partial(self._file, medium=medium, place=place)
        for failed in unread:
            yield partial(self._unread, failed=failed)
        for link in links:
            yield partial(self._link, link=link)

    def _content(self, shard: _Shard, medium: Medium) -> None:
        item = self.item(medium)
        shard.add(item)
        if medium.series:
            shard.member(self.series(medium), item["@id"])
        if medium.stack and medium.stack != medium.sha256:
            shard.member(self._group("Stack", medium.stack, "copies and near-copies of one picture"), item["@id"])
        if medium.device:
            device = self._named("camera", medium.device, ["homeward:Camera", "uco-observable:Device"])
            shard.shared(device)
            shard.add(self._relation("Created_By", item["@id"], device["@id"]), weight=0)
        for line in medium.known:
            shard.add(self._known(line, item["@id"]), weight=0)

    def _file(self, shard: _Shard, medium: Medium, place: Place) -> None:
        file = self.file(place, medium)
        shard.add(file)
        item = self._elsewhere(shard, medium.sha256)
        shard.add(self._relation("Contained_Within", item, file["@id"]), weight=0)
        shard.member(self.exhibit(place.exhibit), file["@id"])

    def _unread(self, shard: _Shard, failed: Unread) -> None:
        file = {**self.file(failed.place, None), "uco-core:description": [f"could not be read: {failed.reason}"]}
        shard.add(file)
        shard.member(self.exhibit(failed.place.exhibit), file["@id"])

    def _link(self, shard: _Shard, link: Connection) -> None:
        ends = [self._elsewhere(shard, sha256) for sha256 in (link.a, link.b)]
        kinds = ["homeward:Link", "uco-core:Relationship"]
        shard.add(
            {
                **self._named("link", " ".join((link.kind, link.a, link.b, link.method, link.where)), kinds),
                "uco-core:source": {"@id": ends[0]},
                "uco-core:target": {"@id": ends[1]},
                "uco-core:kindOfRelationship": f"same {link.kind}",
                "uco-core:isDirectional": False,
                "uco-core:description": [link.reason, *link.caveats],
                "homeward:method": link.method,
                **({} if link.log10_lr is None else {"homeward:log10LR": _typed("decimal", f"{link.log10_lr:.3f}")}),
            }
        )

    def _elsewhere(self, shard: _Shard, sha256: str) -> str:
        """An item of which more may be said in another shard; its IRI."""
        name = self._id("item", sha256)
        shard.shared({"@id": name, "@type": "uco-observable:ContentData"})
        return name

    @property
    def context(self) -> dict[str, str]:
        """What the prefixes of a shard stand for."""
        return _CONTEXT | (_CAC if self._heading.cac else {})

    def _tagged(self, kinds: list[str], tag: str) -> str | list[str]:
        """Types of a node, and that of the CAC Ontology if it was asked for."""
        kinds = [*kinds, tag] if self._heading.cac else kinds
        return kinds if len(kinds) > 1 else kinds[0]

    def investigation(self) -> Node:
        """The case; each shard says which of its objects it holds."""
        kind = self._tagged(["case-investigation:Investigation"], "cacontology:CACInvestigation")
        told = self._named("investigation", self._heading.origin, kind)
        return {**told, "uco-core:name": self._heading.name, "case-investigation:investigationForm": "case"}

    def agency(self) -> Node:
        """Whose case it is."""
        return {
            **self._named("agency", self._heading.agency, "uco-identity:Organization"),
            "uco-core:name": self._heading.agency,
        }

    def tool(self) -> Node:
        """Homeward itself."""
        told = self._named("tool", self._heading.program, "uco-tool:Tool")
        return {**told, "uco-core:name": "Homeward", "uco-tool:version": self._heading.program}

    def exhibit(self, label: str) -> Node:
        """An exhibit and under whose authority it was seized."""
        return {
            **self._named("exhibit", label, "case-investigation:ProvenanceRecord"),
            "case-investigation:exhibitNumber": label,
            "uco-core:description": [f"under the authority {self._authority.get(label, '')}"],
        }

    def act(self, act: Act) -> tuple[Node, Node]:
        """What was done, and the program as it was set for it."""
        key = f"{act.name} {act.version} {act.params}"
        told = {"version": act.version, "parameters": act.params, "ledger entries": str(act.entries)}
        entries = [
            {
                **self._named("entry", f"{key} {name}", "uco-configuration:ConfigurationEntry"),
                "uco-configuration:itemName": name,
                "uco-configuration:itemValue": value,
            }
            for name, value in told.items()
            if value
        ]
        configuration = {
            **self._named("configuration", key, "uco-configuration:Configuration"),
            "uco-configuration:configurationEntry": entries,
        }
        configured = {
            **self._named("configured", key, "uco-tool:ConfiguredTool"),
            "uco-core:name": f"Homeward {act.name}",
            "uco-configuration:isConfigurationOf": {"@id": self.tool()["@id"]},
            "uco-configuration:usesConfiguration": configuration,
        }
        kinds = ["case-investigation:InvestigativeAction", *(["uco-analysis:Analysis"] if act.version else [])]
        tagged = self._tagged(kinds, "cacontology-detection:DatabaseMatchAction") if act.name == "match" else kinds
        done = {
            **self._named("act", key, tagged),
            "uco-core:name": act.name,
            "uco-core:description": [act.caption],
            "uco-action:startTime": _typed("dateTime", act.started),
            "uco-action:endTime": _typed("dateTime", act.ended),
            "uco-action:performer": {"@id": self.agency()["@id"]},
            "uco-action:instrument": [{"@id": configured["@id"]}],
        }
        return done, configured

    def known_list(self, one: Delivery) -> Node:
        """A known list, by the file that brought it."""
        told = self._named("list", one.sha256, ["homeward:KnownList", "uco-observable:File"])
        facet = self._content_facet(told["@id"], [("SHA256", one.sha256)], {})
        return {**told, "uco-core:name": one.name, "homeward:format": one.format, "uco-core:hasFacet": [facet]}

    def series(self, medium: Medium) -> Node:
        """The series that a medium is in."""
        told = self._group("Series", medium.series, "pictures that are held together as one victim hypothesis")
        return {**told, "homeward:status": medium.series_status}

    def item(self, medium: Medium) -> Node:
        """Unique content."""
        told = self._named("item", medium.sha256, "uco-observable:ContentData")
        hashes = [("MD5", medium.md5), ("SHA1", medium.sha1), ("SHA256", medium.sha256), ("PDQ", medium.pdq)]
        content: Node = {
            **({"uco-observable:mimeType": medium.mime} if medium.mime else {}),
            "uco-observable:sizeInBytes": _typed("integer", str(medium.size)),
        }
        facets = [self._content_facet(told["@id"], hashes, content)]
        if medium.kind == "still" and medium.width:
            size = {
                "uco-observable:pictureWidth": _typed("integer", str(medium.width)),
                "uco-observable:pictureHeight": _typed("integer", str(medium.height)),
            }
            facets.append(self._facet("RasterPictureFacet", told["@id"], size))
        if medium.exif:
            entries = [
                {
                    **self._named("word", f"{medium.sha256} {at}", "uco-types:ControlledDictionaryEntry"),
                    "uco-types:key": key,
                    "uco-types:value": value,
                }
                for at, (key, value) in enumerate(medium.exif)
            ]
            words = {**self._named("exif", medium.sha256, "uco-types:ControlledDictionary"), "uco-types:entry": entries}
            facets.append(self._facet("EXIFFacet", told["@id"], {"uco-observable:exifData": words}))
        return {**told, "uco-core:hasFacet": facets}

    def file(self, place: Place, medium: Medium | None) -> Node:
        """One occurrence; ``medium`` is what was found there, if it could be read."""
        layers = [readable(layer) for layer in place.layers]
        kind = "RasterPicture" if medium is not None and medium.kind == "still" else "File"
        told = self._named("file", " > ".join((place.exhibit, *layers)), f"uco-observable:{kind}")
        name = layers[-1].rpartition("/")[2]
        stem, dot, extension = name.rpartition(".")
        times = (
            ("observableCreatedTime", place.created), ("modifiedTime", place.modified), ("accessedTime", place.accessed),
            ("metadataChangeTime", place.changed),
        )  # fmt: skip
        facet: Node = {
            "uco-observable:fileName": name,
            "uco-observable:filePath": " > ".join(layers),
            **({"uco-observable:extension": extension} if stem and dot and extension else {}),
            "uco-observable:isDirectory": False,
            **({"uco-observable:allocationStatus": "unallocated"} if place.deleted else {}),
            **{f"uco-observable:{key}": _typed("dateTime", value) for key, value in times if value},
        }
        facets = [self._facet("FileFacet", told["@id"], facet)]
        if medium is not None:
            size = {"uco-observable:sizeInBytes": _typed("integer", str(medium.size))}
            facets[0].update(size)
            facets.append(self._content_facet(told["@id"], [("MD5", medium.md5), ("SHA256", medium.sha256)], size))
        return {**told, "homeward:embedded": place.embedded, "uco-core:hasFacet": facets}

    def _known(self, line: str, item: str) -> Node:
        told = self._named("known", f"{item} {line}", ["homeward:KnownMatch", "uco-analysis:AnalyticResult"])
        return {**told, "uco-core:statement": line, "uco-analysis:resultContent": [{"@id": item}]}

    def _group(self, kind: str, name: str, context: str) -> Node:
        told = self._named(kind.lower(), name, [f"homeward:{kind}", "uco-core:Grouping"])
        return {**told, "uco-core:name": name, "uco-core:context": [context]}

    def _relation(self, kind: str, source: str, target: str) -> Node:
        return {
            **self._named("relation", f"{kind} {source} {target}", "uco-observable:ObservableRelationship"),
            "uco-core:source": {"@id": source},
            "uco-core:target": {"@id": target},
            "uco-core:kindOfRelationship": kind,
            "uco-core:isDirectional": True,
        }

    def _content_facet(self, of: str, hashes: Iterable[tuple[str, str]], told: Node) -> Node:
        made = [
            {
                **self._named("hash", f"{of} {method}", self._hash_kind(method)),
                "uco-types:hashMethod": method,
                "uco-types:hashValue": _typed("hexBinary", value),
            }
            for method, value in hashes
            if value
        ]
        return self._facet("ContentDataFacet", of, {**told, "uco-observable:hash": made})

    def _hash_kind(self, method: str) -> str | list[str]:
        return self._tagged(["uco-types:Hash"], "cacontology-detection:PerceptualHash") if method == "PDQ" else "uco-types:Hash"

    def _facet(self, kind: str, of: str, told: Node) -> Node:
        return {**self._named(kind.lower(), of, f"uco-observable:{kind}"), **told}

    def _named(self, what: str, key: str, kind: str | list[str]) -> Node:
        return {"@id": self._id(what, key), "@type": kind}

    def _id(self, what: str, key: str) -> str:
        return f"kb:{what}-{uuid.uuid5(self._space, f'{what} {key}')}"


class _Shard:
    """What one file holds, and everything that it refers to."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._nodes: dict[str, Node] = {}
        self.weight = 0

    def add(self, *nodes: Node, weight: int = 1) -> None:
        for node in nodes:
            known = self._nodes.get(node["@id"], {})
            self._nodes[node["@id"]] = {**known, **node}
        self.weight += weight

    def shared(self, node: Node) -> Node:
        return self._nodes.setdefault(node["@id"], node)

    def member(self, group: Node, member: str) -> None:
        held = self.shared(group).setdefault("uco-core:object", [])
        if {"@id": member} not in held[-LARGEST_SHARD:]:
            held.append({"@id": member})

    def text(self) -> bytes:
        objects = [{"@id": name} for name in self._nodes]
        investigation = {**self._graph.investigation(), "uco-core:object": objects}
        nodes = [_encode(node) for node in (investigation, *self._nodes.values())]
        return b'{"@context":' + _encode(self._graph.context) + b',"@graph":[\n' + b",\n".join(nodes) + b"\n]}\n"


def _adding(*nodes: Node) -> Callable[[_Shard], None]:
    return lambda shard: shard.add(*nodes)


def _typed(kind: str, value: str) -> Node:
    return {"@type": f"xsd:{kind}", "@value": value}
