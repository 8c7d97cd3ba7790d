// Events of a `text/event-stream` (WHATWG HTML, section 9.2; protocol section 5.8).

/** What a control event says; what is absent is left out. */
export interface ControlFields {
  readonly streamNextOffset: string;
  readonly streamCursor?: string;
  readonly upToDate?: boolean;
  readonly streamClosed?: boolean;
  /** Ours: the running checksum up to `streamNextOffset`, 8 hexadecimal digits (P5). */
  readonly streamChecksum?: string;
  /** Ours: the data event before holds gap records only (P6). */
  readonly streamGap?: boolean;
  /** Ours: the data event before is not UTF-8; ask for its bytes by a plain read. */
  readonly notUtf8?: boolean;
}

/** Keeps middleboxes from closing a quiet connection. */
export const heartbeatComment = Buffer.from(':\n\n');

/**
 * A data event of text. Each line break that readers of event streams know, also a lone carriage return, begins a new
 * `data:` line, so that no record can end the event and begin one of its own. Readers drop one space after the
 * colon: a line that begins with a space gets one more.
 */
export function textEvent(content: Uint8Array): Buffer {
  // Latin-1 leaves bytes as they are: UTF-8 goes through unharmed, and what is not UTF-8 too.
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
  const lines = `\n${text}`.replaceAll(/\r\n|\r|\n/g, '\ndata:').replaceAll('\ndata: ', '\ndata:  ');
  return Buffer.from(`event: data${lines}\n\n`, 'latin1');
}

/** A data event of bytes, in standard Base64 (RFC 4648 section 4). */
export function base64Event(content: Uint8Array): Buffer {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  return Buffer.from(`event: data\ndata:${bytes.toString('base64')}\n\n`, 'latin1');
}

/** The control event that follows every data event. */
export function controlEvent(fields: ControlFields): Buffer {
  return Buffer.from(`event: control\ndata:${JSON.stringify(fields)}\n\n`);
}
