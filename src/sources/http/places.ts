/** Where an answer tells something beside its rows: in a header or at a path of its body. */
import type { Place } from './directives.js';
import { fieldPath } from './fieldPath.js';
import type { Mistakes } from './mistakes.js';
import type { PlaceSpec } from './spec.js';

export function checkPlace(place: Place, node: Parameters<Mistakes['at']>[0], mistakes: Mistakes): void {
  if ((place.header === undefined) === (place.field === undefined)) mistakes.at(node, 'Give either a header or a field.');
  else if (place.field !== undefined && !fieldPath(place.field)) mistakes.at(node, `“${place.field}” is not a path: write names joined by dots.`);
}

export function placeSpec(place: Place): PlaceSpec {
  return { header: place.header?.toLowerCase(), field: place.field === undefined ? undefined : fieldPath(place.field) };
}

export function readPlace(place: PlaceSpec, headers: Readonly<Record<string, string>>, body: unknown): string | undefined {
  const value = place.header === undefined ? place.field?.first(body) : headers[place.header];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
