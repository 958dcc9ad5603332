/** The scalars of both parts of the schema. Each reads strictly: a wrong value is told before anything runs, so no SQL cast can fail. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import * as read from './scalarText.js';

interface TextScalar {
  readonly name: string;
  readonly description: string;
  readonly specifiedByURL?: string;
  /** The canonical text, or undefined where the text is not of this kind. */
  readonly parse: (text: string) => string | undefined;
  readonly example: string;
  /** Whether numbers are taken beside strings. */
  readonly numbers?: boolean;
}

/** A scalar whose values are text in JSON, in variables and as parameters of SQL: nothing is lost on the way. */
function textScalar({ name, description, specifiedByURL, parse, example, numbers = false }: TextScalar): GraphQLScalarType<string, string> {
  const mistake = (value: unknown): GraphQLError =>
    new GraphQLError(`${JSON.stringify(value)?.slice(0, 100)} is not a ${name}: write it like ${JSON.stringify(example)}.`, { extensions: { code: 'BAD_USER_INPUT' } });
  const parseValue = (value: unknown): string => {
    const text = typeof value === 'string' ? value : numbers && typeof value === 'number' ? read.numberText(value) : undefined;
    const parsed = text === undefined ? undefined : parse(text);
    if (parsed === undefined) throw mistake(value);
    return parsed;
  };
  return new GraphQLScalarType({
    name,
    description,
    specifiedByURL,
    parseValue,
    parseLiteral(node: ValueNode) {
      const isText = node.kind === Kind.STRING || (numbers && (node.kind === Kind.INT || node.kind === Kind.FLOAT));
      const parsed = isText ? parse(node.value) : undefined;
      if (parsed === undefined) throw mistake('value' in node ? node.value : node.kind);
      return parsed;
    },
    serialize(value) {
      if (value instanceof Date && !Number.isNaN(value.getTime())) return parseValue(value.toISOString());
      return parseValue(typeof value === 'bigint' ? value.toString() : value);
    },
  });
}

export const DateTimeScalar = textScalar({
  name: 'DateTime',
  description: 'An instant as RFC 3339 text. Any offset is read, UTC (`Z`) is written; up to microseconds.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time',
  parse: read.dateTime,
  example: '2026-08-15T09:00:00Z',
});
export const DateScalar = textScalar({
  name: 'Date', description: 'A calendar day, ISO 8601 `YYYY-MM-DD`.', parse: read.date, example: '2026-08-15',
});
export const TimeScalar = textScalar({
  name: 'Time', description: 'A time of day without a zone, `HH:MM:SS` with up to microseconds.', parse: read.time, example: '09:30:00',
});
export const DurationScalar = textScalar({
  name: 'Duration', description: 'A length of time, ISO 8601 duration.', parse: read.duration, example: 'P1DT12H',
});
export const Int64Scalar = textScalar({
  name: 'Int64',
  description: 'A 64-bit signed integer. Written as a string, since JSON numbers lose digits beyond 2^53; read from a string or an integer.',
  parse: read.int64, example: '9007199254740993', numbers: true,
});
export const DecimalScalar = textScalar({
  name: 'Decimal',
  description: 'An exact decimal number. Written as a string; read from a string or a number.',
  parse: read.decimal, example: '0.10', numbers: true,
});

export const JSONScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: read.jsonValue,
  parseLiteral: (node, variables) => read.jsonValue(read.jsonLiteral(node, variables ?? {})),
});

export const GeoPointScalar = new GraphQLScalarType<read.GeoPoint, read.GeoPoint>({
  name: 'GeoPoint',
  description: 'A point on the Earth (WGS 84): `{"longitude": 126.98, "latitude": 37.57}`, in degrees.',
  serialize: read.geoPoint,
  parseValue: read.geoPoint,
  parseLiteral: (node, variables) => read.geoPoint(read.jsonLiteral(node, variables ?? {})),
});
