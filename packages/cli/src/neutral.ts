/** Shows bytes that a stranger wrote on a terminal, without letting them command it (FAILURES row 40). */

const shownBytesMax = 65_536;
const hexBytesMax = 32;

/** Control characters, what turns the direction of writing, line and paragraph separators, invisible signs. */
const commanding = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const newline = 10;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A payload as one line of text: without its last newline, control and format characters escaped, cut at 64 KB.
 * What is not UTF-8 is shown as hex digits.
 */
export function neutral(bytes: Uint8Array): string {
  const body = bytes.at(-1) === newline ? bytes.subarray(0, -1) : bytes;
  const text = decode(body.subarray(0, shownBytesMax));
  if (text === undefined) {
    const shown = Buffer.from(body.subarray(0, hexBytesMax)).toString('hex');
    return `${shown}${body.length > hexBytesMax ? '…' : ''} (${body.length} bytes, not text)`;
  }
  const escaped = neutralText(text);
  return body.length > shownBytesMax ? `${escaped}… (${body.length} bytes)` : escaped;
}

/** `text` with control and format characters escaped. */
export function neutralText(text: string): string {
  return text.replaceAll(commanding, escape);
}

/** The text, if it is UTF-8; the cut may have gone through its last character. */
function decode(bytes: Uint8Array): string | undefined {
  for (let dropped = 0; dropped <= (bytes.length === shownBytesMax ? 3 : 0); dropped++) {
    try {
      return strict.decode(bytes.subarray(0, bytes.length - dropped));
    } catch {
      // One byte fewer may be whole characters.
    }
  }
  return undefined;
}

function escape(character: string): string {
  switch (character) {
    case '\n':
      return String.raw`\n`;
    case '\r':
      return String.raw`\r`;
    case '\t':
      return String.raw`\t`;
    default: {
      const code = character.codePointAt(0) ?? 0;
      return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
    }
  }
}
