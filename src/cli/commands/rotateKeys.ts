import type { Remote } from '../remote.js';
import type { Terminal } from '../terminal.js';

export async function rotateSourceKeys(remote: Remote, terminal: Terminal, options: { readonly json?: boolean }): Promise<void> {
  const { rotateSourceKeys: sealed } = await remote.data<{ rotateSourceKeys: number }>('mutation { rotateSourceKeys }', {});
  terminal.out(options.json ? `${JSON.stringify({ sealed })}\n` : `${sealed} ${sealed === 1 ? 'credential' : 'credentials'} sealed anew. Keys that are not the newest are no longer needed for sources.\n`);
}
