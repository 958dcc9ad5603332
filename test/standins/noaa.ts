/** NOAA NCEI's access service: daily summaries by station, every value a text, padded with blanks; what was not measured is left out. */
import type { StandInReply, StandInRequest } from './faults.js';
import { listReply, StandIn } from './standIn.js';

/** Real stations; the weather is made up from the date, a sample and no record. */
const stations: Readonly<Record<string, { readonly mean: number; readonly swing: number }>> = {
  USW00094728: { mean: 12.8, swing: 12 }, // New York, Central Park
  USW00014739: { mean: 10.9, swing: 12 }, // Boston, Logan airport
  USW00023174: { mean: 17.3, swing: 4 }, // Los Angeles, international airport
  USW00094846: { mean: 10.2, swing: 14 }, // Chicago, O'Hare airport
  KSM00047108: { mean: 12.9, swing: 14 }, // Seoul
};

const types = ['TMAX', 'TMIN', 'PRCP', 'SNOW'] as const;
type DataType = (typeof types)[number];

const dayMs = 86_400_000;

/** °C and mm. */
function weather(station: { readonly mean: number; readonly swing: number }, day: number): Partial<Record<DataType, number>> {
  const season = station.mean - station.swing * Math.cos(((day % 365.25) / 365.25) * 2 * Math.PI);
  const noise = ((day * 7919) % 97) / 10 - 4.8;
  const rain = day % 3 === 0 ? ((day * 31) % 240) / 10 : 0;
  return { TMAX: season + 5 + noise, TMIN: season - 5 + noise, PRCP: rain, ...(day % 5 === 0 ? {} : { SNOW: season < 0 ? rain : 0 }) };
}

function mistake(...errors: { field: string; message: string }[]): StandInReply {
  return { status: 400, body: { errorCode: 400, errorMessage: 'Bad Request. Refer to errors.', errors: errors.map((error) => ({ ...error, value: null })) } };
}

function answer(request: StandInRequest): StandInReply {
  const parameters = request.query;
  const missing = ['dataset', 'stations', 'startDate', 'endDate'].filter((name) => (parameters.get(name) ?? '') === '');
  if (missing.length > 0) return mistake(...missing.map((field) => ({ field, message: `The parameter ${field} is required.` })));
  if (parameters.get('dataset') !== 'daily-summaries') return mistake({ field: 'dataset', message: 'No such dataset.' });
  const [start, end] = ['startDate', 'endDate'].map((name) => Date.parse(`${parameters.get(name)!.slice(0, 10)}T00:00:00Z`)) as [number, number];
  if (Number.isNaN(start) || Number.isNaN(end) || end < start) return mistake({ field: 'startDate', message: 'Dates are YYYY-MM-DD, the first not after the second.' });
  const wanted = (parameters.get('dataTypes') ?? types.join(',')).split(',');
  const metric = parameters.get('units') === 'metric';
  const rows: unknown[] = [];
  for (const name of parameters.get('stations')!.split(',')) {
    const station = stations[name];
    if (!station) continue; // an unknown station is no error: it has no rows
    for (let at = start; at <= end; at += dayMs) {
      const values = Object.entries(weather(station, Math.floor(at / dayMs))).filter(([type]) => wanted.includes(type));
      rows.push({ DATE: new Date(at).toISOString().slice(0, 10), STATION: name, ...Object.fromEntries(values.map(([type, value]) => [type, written(type, value, metric)])) });
    }
  }
  if ((parameters.get('format') ?? 'csv') !== 'json') return { headers: { 'content-type': 'text/csv' }, body: '"STATION","DATE"\n' };
  return listReply({ rows, renamed: (row) => ({ ...(row as object), STATION: 'USW00000000' }), write: (all) => ({ body: all }) });
}

function written(type: string, value: number, metric: boolean): string {
  const shown = metric ? value : type.startsWith('T') ? value * 1.8 + 32 : value / 25.4;
  return shown.toFixed(metric ? 1 : 2).padStart(8);
}

export function startNoaa(): Promise<StandIn> {
  return StandIn.start({ name: 'noaa', base: '/access/services', routes: [{ name: 'data', method: 'GET', path: /^\/data\/v1$/, answer }] });
}
