import { DureError } from '../../src/errors.js';

/** `CODE: message` of the DureError that `work` ends with. Fails if it ends well or otherwise. */
export async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DureError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('It was not refused.');
}
