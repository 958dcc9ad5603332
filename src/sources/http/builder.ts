/** Sources of the kind `http`, made ready from a file of directives. */
import { DureError } from '../../errors.js';
import type { SourceBuilder } from '../remote/builder.js';
import { createHttpSource, type HttpSourceOptions } from './httpSource.js';
import { parseSource } from './parseSource.js';

export type HttpBuilderOptions = Pick<HttpSourceOptions, 'addresses' | 'log' | 'resolver' | 'userAgent' | 'limits'>;

export function httpBuilder(options: HttpBuilderOptions): SourceBuilder {
  return {
    async open({ name, text, url }, { secret }) {
      if (text === undefined) throw new DureError('BAD_USER_INPUT', `${name}: a source of the kind http is described by a text of directives, and there is none.`);
      const spec = parseSource(text, name);
      const names = spec.credentials.map((credential) => credential.secret);
      const remote = createHttpSource(spec, { ...options, url, secrets: { get: secret, names: () => names } });
      return { definition: spec.definition, remote, close: () => remote.close() };
    },
  };
}
