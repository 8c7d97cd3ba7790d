/** One event of an event stream. */
export interface ParsedEvent {
  readonly event: string;
  readonly data: string;
}

/** The whole events in `bytes`, read as WHATWG HTML section 9.2.6 says. */
export function parseEvents(bytes: Uint8Array): ParsedEvent[] {
  const events: ParsedEvent[] = [];
  let event = '';
  let data: string[] = [];
  for (const line of new TextDecoder().decode(bytes).split(/\r\n|\r|\n/)) {
    const [field = '', value = ''] = /^([^:]*):? ?(.*)$/su.exec(line)?.slice(1) ?? [];
    if (line === '') {
      if (data.length > 0) events.push({ event: event === '' ? 'message' : event, data: data.join('\n') });
      [event, data] = ['', []];
    } else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return events;
}
