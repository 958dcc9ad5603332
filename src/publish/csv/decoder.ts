import { isAscii, isUtf8 } from 'node:buffer';

/** The file's bytes are not text of its encoding. */
export class EncodingError extends Error {
  constructor(message: string, /** Decoded up to the place. */ readonly before: string) {
    super(message);
  }
}

export interface Decoder {
  /** @throws EncodingError */
  decode(chunk: Buffer, last: boolean): string;
}

/** Names of encodings as people write them, for what the platform's decoder calls otherwise. */
const aliases: Readonly<Record<string, string>> = { cp949: 'euc-kr', uhc: 'euc-kr', 'ms949': 'euc-kr', utf8: 'utf-8', cp1252: 'windows-1252', 'latin-1': 'iso-8859-1' };

/** @throws Error for an encoding that is not known. */
export function decoderFor(encoding: string): Decoder {
  const name = encoding.toLowerCase();
  const label = aliases[name] ?? name;
  return label === 'utf-8' ? new Utf8Decoder() : new DeclaredDecoder(label, encoding);
}

/** Strict UTF-8, without a byte-order mark; says what the file seems to be when it is not. */
class Utf8Decoder implements Decoder {
  private held: Buffer = Buffer.alloc(0);
  private begun = false;

  decode(chunk: Buffer, last: boolean): string {
    let bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    if (!this.begun && !last && bytes.length < 4) {
      this.held = bytes;
      return '';
    }
    if (!this.begun) {
      this.begun = true;
      refuseUtf16(bytes);
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    const cut = last ? bytes.length : wholeCharacters(bytes);
    this.held = bytes.subarray(cut);
    const whole = bytes.subarray(0, cut);
    if (isAscii(whole)) return whole.toString('latin1'); // one byte a character in V8, and faster
    if (isUtf8(whole)) return whole.toString('utf8');
    throw misencoded(whole);
  }
}

class DeclaredDecoder implements Decoder {
  private readonly decoder: InstanceType<typeof TextDecoder>;
  constructor(label: string, private readonly declared: string) {
    this.decoder = new TextDecoder(label, { fatal: true });
  }

  decode(chunk: Buffer, last: boolean): string {
    try {
      return this.decoder.decode(chunk, { stream: !last });
    } catch {
      throw new EncodingError(`The file is not ${this.declared}, as its "encoding" declares.`, '');
    }
  }
}

/** How many bytes at the start end with a whole character. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < size ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function refuseUtf16(bytes: Buffer): void {
  const marked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const zeros = [0, 1].some((parity) => [0, 2].every((offset) => bytes[parity + offset] === 0));
  if (marked || (zeros && bytes.length >= 4)) throw new EncodingError('The file is UTF-16 (as some spreadsheets save “Unicode text”). Save it as UTF-8.', '');
}

function misencoded(bytes: Buffer): EncodingError {
  const place = firstInvalid(bytes);
  const before = bytes.subarray(0, place).toString('utf8');
  const start = bytes.lastIndexOf(10, place) + 1;
  const newline = bytes.indexOf(10, place);
  const line = bytes.subarray(start, newline < 0 ? Math.min(bytes.length, place + 200) : newline);
  const hex = `0x${bytes[place]!.toString(16).padStart(2, '0')}`;
  if (looksKorean(line, newline >= 0)) {
    return new EncodingError(`The file is not UTF-8; it looks like EUC-KR (CP949). Convert it (iconv -f CP949 -t UTF-8), save it as UTF-8 in your spreadsheet, or declare "encoding": "cp949" on the resource.`, before);
  }
  return new EncodingError(`The file is not UTF-8: the byte ${hex} begins no character. Save it as UTF-8, or declare its "encoding" on the resource.`, before);
}

/** The longest valid beginning, by halving: validity of a prefix that ends with a whole character never comes back once it is lost. */
function firstInvalid(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const prefix = bytes.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, wholeCharacters(prefix)))) low = middle;
    else high = middle - 1;
  }
  const prefix = bytes.subarray(0, low);
  return Math.min(wholeCharacters(prefix), bytes.length - 1);
}

function looksKorean(line: Buffer, whole: boolean): boolean {
  for (const bytes of whole ? [line] : [line, line.subarray(0, -1)]) {
    try {
      const text = new TextDecoder('euc-kr', { fatal: true }).decode(bytes);
      // Two bytes of Latin-1 can pass for a rare syllable: what Koreans write is mostly in the 2,350 of KS X 1001, whose both bytes are high.
      if (/[가-힣]/u.test(text) && highPairs(bytes)) return true;
    } catch {
      continue;
    }
  }
  return false;
}

function highPairs(bytes: Buffer): boolean {
  for (let index = 0; index + 1 < bytes.length; index += 1) {
    if (bytes[index]! >= 0xb0 && bytes[index]! <= 0xc8 && bytes[index + 1]! >= 0xa1) return true;
  }
  return false;
}
