// Degrees to the square that maps of the world are drawn on (Web Mercator, EPSG:3857), whose sides are 1 long, and back.

const HIGHEST = 85.051128;

export function onMap(latitude, longitude) {
  const up = Math.min(Math.max(latitude, -HIGHEST), HIGHEST) * (Math.PI / 180);
  return [(longitude + 180) / 360, (1 - Math.asinh(Math.tan(up)) / Math.PI) / 2];
}

export function onEarth(x, y) {
  return [Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * (180 / Math.PI), x * 360 - 180];
}
