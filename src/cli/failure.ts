import type { GraphQLFormattedError } from 'graphql';

/** A command that was refused or failed (exit code 1), or was called wrongly (2). */
export class CommandFailure extends Error {
  constructor(message: string, readonly exitCode: 1 | 2 = 1, readonly errors: readonly GraphQLFormattedError[] = []) {
    super(message);
  }
}

/** `message (CODE, request ID)`, one a line. */
export function refused(errors: readonly GraphQLFormattedError[]): CommandFailure {
  const lines = errors.map(({ message, extensions }) => {
    const facts = [extensions?.code, extensions?.requestId && `request ${String(extensions.requestId)}`].filter(Boolean);
    return facts.length > 0 ? `${message} (${facts.join(', ')})` : message;
  });
  return new CommandFailure(lines.join('\n') || 'The server answered with an error that it did not name.', 1, errors);
}
