/** Content negotiation of GraphQL over HTTP. Answers are remembered: clients send few different `accept` headers. */
import Negotiator from 'negotiator';
import { Lru } from '../lru.js';

export const jsonType = 'application/json; charset=utf-8';
export const graphqlType = 'application/graphql-response+json; charset=utf-8';
export const eventStreamType = 'text/event-stream';

export type AnswerType = typeof jsonType | typeof graphqlType | typeof eventStreamType;

const offered: readonly AnswerType[] = [jsonType, graphqlType, eventStreamType];
const known = new Lru<string, AnswerType | 'none'>(200);

/** What the client would like best; undefined where it accepts nothing that we have. */
export function answerType(accept: string | undefined): AnswerType | undefined {
  if (accept === undefined || accept === '' || accept === '*/*') return jsonType;
  let type = known.get(accept);
  if (type === undefined) {
    type = (new Negotiator({ headers: { accept } }).mediaType([...offered]) as AnswerType | undefined) ?? 'none';
    known.set(accept, type);
  }
  return type === 'none' ? undefined : type;
}

/** The kind of request body, by its content type (https://graphql.github.io/graphql-over-http/draft/#sec-Request). */
export function bodyKind(contentType: string | undefined): 'json' | 'simple' | 'charset' | 'other' {
  if (contentType === undefined || contentType === 'application/json') return contentType === undefined ? 'simple' : 'json';
  const [essence = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  // A browser sends these across origins without asking first, so they are left to the CSRF prevention.
  if (['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain', ''].includes(essence)) return 'simple';
  if (essence !== 'application/json') return 'other';
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length).replaceAll('"', '');
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' ? 'json' : 'charset';
}

const languages = new Lru<string, 'ko' | 'en'>(200);

export function preferredLanguage(accept: string | undefined): 'ko' | 'en' {
  if (accept === undefined) return 'en';
  let language = languages.get(accept);
  if (language === undefined) {
    language = new Negotiator({ headers: { 'accept-language': accept } }).language(['en', 'ko']) === 'ko' ? 'ko' : 'en';
    languages.set(accept, language);
  }
  return language;
}
