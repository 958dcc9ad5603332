import { Fault, type CellReader } from './fault.js';
import { strptime, type Moment } from './strptime.js';

const noDate = new Fault('type', 'is no date (YYYY-MM-DD); declare its format');
const noSuchDay = new Fault('type', 'is no day of the calendar');
const noDatetime = new Fault('type', 'is no date and time (YYYY-MM-DDThh:mm:ssZ); declare its format');
const noTime = new Fault('type', 'is no time of day (hh:mm:ss); declare its format');
const noYearMonth = new Fault('type', 'is no month (YYYY-MM)');
const noDuration = new Fault('type', 'is no ISO 8601 duration, e.g. P1Y2M or PT36H');

const isoDate = /^(\d{4})-(\d\d)-(\d\d)$/;
const isoDatetime = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;
const isoTime = /^(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?$/;
const duration = /^-?P(?=\d|T\d)(?:\d{1,6}Y)?(?:\d{1,6}M)?(?:\d{1,6}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}(?:\.\d{1,9})?S)?)?$/;

/** Dates that need no pattern under the format `any`. */
const anyDates = ['%Y/%m/%d', '%Y.%m.%d', '%Y%m%d', '%d %B %Y', '%d %b %Y', '%B %d, %Y', '%Y년 %m월 %d일'];
const anyTimes = ['%H:%M:%S', '%H:%M', '%I:%M:%S %p', '%I:%M %p'];

/** A date, time or datetime field by its format: none, `default`, `any`, or a pattern of strptime's directives. @throws Error for a bad pattern. */
export function dateReader(format: string | undefined): CellReader {
  return byFormat(format, readDate, (moment) => checkedDay(moment) ? `${four(moment.year)}-${two(moment.month)}-${two(moment.day)}` : noSuchDay, noDate, anyDates);
}

/** Without a zone the instant is taken as UTC. */
export function datetimeReader(format: string | undefined): CellReader {
  const patterns = anyDates.flatMap((date) => ['', ...anyTimes].map((time) => (time === '' ? date : `${date} ${time}`)));
  const iso: CellReader = (cell) => {
    const read = readDatetime(cell);
    if (format !== 'any' || !(read instanceof Fault)) return read;
    const day = readDate(cell);
    return day instanceof Fault ? read : `${day}T00:00:00Z`;
  };
  return byFormat(format, iso, (moment) => (checkedDay(moment) ? `${four(moment.year)}-${two(moment.month)}-${two(moment.day)}T${clock(moment)}${moment.zone ?? 'Z'}` : noSuchDay), noDatetime, patterns);
}

export function timeReader(format: string | undefined): CellReader {
  return byFormat(format, readTime, clock, noTime, anyTimes);
}

export function yearmonthReader(): CellReader {
  return (cell) => (/^\d{4}-(0[1-9]|1[0-2])$/.test(cell) ? cell : noYearMonth);
}

/** PostgreSQL has no sign before the P: each part carries it. */
export function durationReader(): CellReader {
  return (cell) => {
    if (!duration.test(cell)) return noDuration;
    return cell.startsWith('-') ? cell.slice(1).replace(/(\d+(?:\.\d+)?)(?=[YMWDHS])/g, '-$1') : cell;
  };
}

function byFormat(format: string | undefined, iso: CellReader, write: (moment: Moment) => string | Fault, fault: Fault, any: readonly string[]): CellReader {
  if (format === undefined || format === 'default') return iso;
  if (format === 'any') {
    const patterns = any.map(strptime);
    return (cell) => {
      const read = iso(cell);
      if (!(read instanceof Fault)) return read;
      for (const parse of patterns) {
        const moment = parse(cell);
        if (moment) return write(moment);
      }
      return fault;
    };
  }
  const pattern = format.replace(/^fmt:/, '');
  const parse = strptime(pattern);
  const mismatch = new Fault('type', `does not have the declared format ${pattern}`);
  return (cell) => {
    const moment = parse(cell);
    return moment ? write(moment) : mismatch;
  };
}

function readDate(cell: string): string | Fault {
  const match = isoDate.exec(cell);
  if (!match) return noDate;
  return isDay(Number(match[1]), Number(match[2]), Number(match[3])) ? cell : noSuchDay;
}

function readDatetime(cell: string): string | Fault {
  const match = isoDatetime.exec(cell);
  if (!match) return noDatetime;
  if (!isDay(Number(match[1]), Number(match[2]), Number(match[3]))) return noSuchDay;
  if (!isClock(match[4]!, match[5]!, match[6])) return noDatetime;
  const zone = match[8];
  if (zone !== undefined && zone.length > 1 && !isOffset(zone)) return noDatetime;
  const plain = cell.charCodeAt(10) === 0x20 ? `${cell.slice(0, 10)}T${cell.slice(11)}` : cell;
  return zone === undefined ? `${plain}Z` : plain;
}

function readTime(cell: string): string | Fault {
  const match = isoTime.exec(cell);
  return match && isClock(match[1]!, match[2]!, match[3]) ? cell : noTime;
}

function isClock(hour: string, minute: string, second: string | undefined): boolean {
  return hour < '24' && minute < '60' && (second === undefined || second < '60');
}

function isOffset(zone: string): boolean {
  return zone.slice(1, 3) <= '14' && (zone.length === 3 || zone.slice(-2) < '60');
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= monthDays[month - 1]! + (leap ? 1 : 0);
}

function checkedDay(moment: Moment): boolean {
  return isDay(moment.year, moment.month, moment.day);
}

function clock(moment: Moment): string {
  return `${two(moment.hour)}:${two(moment.minute)}:${two(moment.second)}${moment.fraction === '' ? '' : `.${moment.fraction}`}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function four(value: number): string {
  return String(value).padStart(4, '0');
}
