/**
 * KMA's daily ASOS observations through the public data portal, with the portal's traps: a key that must not be encoded twice, errors of
 * the gateway as XML with status 200, one item as an object instead of a list, "" and "-" for what was not measured.
 */
import type { StandInReply, StandInRequest } from './faults.js';
import { listReply, StandIn } from './standIn.js';

/** A key has characters that encoding changes, so that encoding it twice makes another key. */
export const kmaKeys = {
  valid: 'Yk9/fP2+wQ8sT4vX7z==',
  /** Known, but not approved for this service: 403. */
  notApproved: 'Zm1/qL5+aB3dE6gH9j==',
  quotaUsedUp: 'Xn2/rM6+bC4eF7hI0k==',
  expired: 'Wo3/sN7+cD5fG8iJ1l==',
} as const;

/** Real stations; the weather is made up from the date, a sample and no record. */
const stations: Readonly<Record<string, { readonly name: string; readonly mean: number }>> = {
  108: { name: '서울', mean: 12.8 }, 159: { name: '부산', mean: 15 }, 143: { name: '대구', mean: 14.5 }, 112: { name: '인천', mean: 12.5 }, 156: { name: '광주', mean: 14.1 }, 133: { name: '대전', mean: 13.1 }, 184: { name: '제주', mean: 16.2 },
};

const dayMs = 86_400_000;

export function kmaGatewayError(code: number, reason: string): StandInReply {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: `<OpenAPI_ServiceResponse>\n<cmmMsgHeader>\n<errMsg>SERVICE ERROR</errMsg>\n<returnAuthMsg>${reason}</returnAuthMsg>\n<returnReasonCode>${String(code).padStart(2, '0')}</returnReasonCode>\n</cmmMsgHeader>\n</OpenAPI_ServiceResponse>`,
  };
}

/** An error of the service itself: JSON with a code. */
export function kmaError(code: string, message: string): StandInReply {
  return { body: { response: { header: { resultCode: code, resultMsg: message } } } };
}

const parseDay = (text: string | null): number => (/^\d{8}$/.test(text ?? '') ? Date.parse(`${text!.slice(0, 4)}-${text!.slice(4, 6)}-${text!.slice(6)}T00:00:00Z`) : Number.NaN);

function item(id: string, at: number): Readonly<Record<string, string>> {
  const station = stations[id]!;
  const day = Math.floor(at / dayMs);
  const mean = station.mean - 13 * Math.cos(((day % 365.25) / 365.25) * 2 * Math.PI) + ((day * 7919) % 71) / 10 - 3.5;
  const rain = day % 4 === 0 ? ((day * 37) % 310) / 10 : undefined;
  return {
    stnId: id, stnNm: station.name, tm: new Date(at).toISOString().slice(0, 10), avgTa: mean.toFixed(1), minTa: (mean - 4.6).toFixed(1), maxTa: (mean + 5.2).toFixed(1),
    sumRn: rain === undefined ? '' : rain.toFixed(1), avgRhm: (50 + (day % 40)).toFixed(1), avgWs: (1.5 + (day % 20) / 10).toFixed(1), sumSsHr: ((day * 11) % 110 / 10).toFixed(1), sumGsr: day % 6 === 0 ? '-' : ((day * 13) % 250 / 10).toFixed(2),
  };
}

function answer(request: StandInRequest, today: () => Date): StandInReply {
  const parameters = request.query;
  const key = parameters.get('serviceKey');
  if (key === null || key === '') return kmaGatewayError(30, 'SERVICE_KEY_IS_NOT_REGISTERED_ERROR');
  if (key === kmaKeys.notApproved) return { status: 403, headers: { 'content-type': 'text/plain' }, body: 'Forbidden' };
  if (key === kmaKeys.quotaUsedUp) return kmaGatewayError(22, 'LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR');
  if (key === kmaKeys.expired) return kmaGatewayError(31, 'DEADLINE_HAS_EXPIRED_ERROR');
  if (key !== kmaKeys.valid) return kmaGatewayError(30, 'SERVICE_KEY_IS_NOT_REGISTERED_ERROR');
  // Without this the answer is XML, however it was asked for.
  if (parameters.get('dataType') !== 'JSON') return { headers: { 'content-type': 'application/xml' }, body: '<response><header><resultCode>00</resultCode></header></response>' };
  const missing = ['dataCd', 'dateCd', 'startDt', 'endDt', 'stnIds'].find((name) => (parameters.get(name) ?? '') === '');
  if (missing !== undefined) return kmaError('11', 'NO_MANDATORY_REQUEST_PARAMETERS_ERROR');
  const [start, end] = [parseDay(parameters.get('startDt')), parseDay(parameters.get('endDt'))];
  const size = Number(parameters.get('numOfRows') ?? 10);
  const page = Number(parameters.get('pageNo') ?? 1);
  if (parameters.get('dataCd') !== 'ASOS' || parameters.get('dateCd') !== 'DAY' || Number.isNaN(start) || Number.isNaN(end) || end < start || !(size >= 1 && size <= 999) || !(page >= 1)) return kmaError('10', 'INVALID_REQUEST_PARAMETER_ERROR');
  // A day's values appear the next morning.
  if (end >= Math.floor((today().getTime() + 9 * 3_600_000) / dayMs) * dayMs) return kmaError('99', '전날 자료까지 제공됩니다.');
  const rows: unknown[] = [];
  for (const id of parameters.get('stnIds')!.split(',')) {
    if (stations[id]) for (let at = start; at <= end; at += dayMs) rows.push(item(id, at));
  }
  if (rows.length === 0) return kmaError('03', 'NO_DATA');
  return listReply({
    rows: rows.slice((page - 1) * size, page * size),
    renamed: (row) => ({ ...(row as object), stnId: '999' }),
    write: (written) => ({
      body: { response: { header: { resultCode: '00', resultMsg: 'NORMAL_SERVICE' }, body: { dataType: 'JSON', items: { item: written.length === 1 ? written[0] : written }, pageNo: page, numOfRows: size, totalCount: rows.length } } },
    }),
  });
}

/** `today` decides which days there are already. */
export function startKma(today: () => Date = () => new Date()): Promise<StandIn> {
  return StandIn.start({ name: 'kma', base: '/1360000/AsosDalyInfoService', routes: [{ name: 'daily', method: 'GET', path: /^\/getWthrDataList$/, answer: (request) => answer(request, today) }] });
}
