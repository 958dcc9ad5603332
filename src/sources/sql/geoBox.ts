/** Boxes of degrees in which the points that a test asks for can only lie: what an index over points can answer. */

/** West is never east of east here: a box over the 180th meridian is two. */
export type Box = readonly [west: number, south: number, east: number, north: number];

/** Of the mean Earth radius, a little short of it so that the box is never too small. */
const kilometresOfDegree = 111;

/** @returns two boxes, the second the same as the first where one is enough; undefined where the value is none */
export function boxesOfBox(value: unknown): readonly [Box, Box] | undefined {
  const { west, south, east, north } = (value ?? {}) as Record<string, unknown>;
  if (![west, south, east, north].every((part) => typeof part === 'number' && Number.isFinite(part))) return undefined;
  return split(west as number, south as number, east as number, north as number);
}

export function boxesOfCircle(value: unknown): readonly [Box, Box] | undefined {
  const { longitude, latitude, kilometres } = (value ?? {}) as Record<string, unknown>;
  if (typeof longitude !== 'number' || typeof latitude !== 'number' || typeof kilometres !== 'number') return undefined;
  const reach = kilometres / kilometresOfDegree + 1e-6;
  const [south, north] = [latitude - reach, latitude + reach];
  // Over a pole every meridian is within reach.
  if (south <= -89 || north >= 89) return split(-180, south, 180, north);
  // The widest place of the circle (https://janmatuschek.de/LatitudeLongitudeBoundingCoordinates, section 3.3).
  const sine = Math.sin((reach * Math.PI) / 180) / Math.cos((latitude * Math.PI) / 180);
  if (reach >= 90 || sine >= 1) return split(-180, south, 180, north);
  const aside = (Math.asin(sine) * 180) / Math.PI + 1e-6;
  const [west, east] = [longitude - aside, longitude + aside];
  return split(west < -180 ? west + 360 : west, south, east > 180 ? east - 360 : east, north);
}

function split(west: number, south: number, east: number, north: number): readonly [Box, Box] {
  if (west <= east) return [[west, south, east, north], [west, south, east, north]];
  return [[west, south, 180, north], [-180, south, east, north]];
}
