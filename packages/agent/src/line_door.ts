/** Posts sensor lines to a server's line door and reads its answers (S0.12, S0.13). */
import { type ErrorCode, PacketboatError, type Timers, isErrorCode, quoted } from '@packetboat/core';

/** What the door says of one line. */
export type LineAnswer = { readonly kind: 'ack' } | { readonly kind: 'nak'; readonly code: ErrorCode };

export interface LineDoor {
  /**
   * Posts lines, given without newlines. Posting a line again is harmless: the same line is stored once.
   *
   * @returns one answer for each line.
   * @throws {PacketboatError} `unreachable` (also for an answer that is none: a hotel's login page is no receipt),
   * or the code that the server refused the whole request with.
   */
  post(lines: readonly string[], signal: AbortSignal): Promise<LineAnswer[]>;
}

/** Options of {@linkcode openLineDoor}. */
export interface LineDoorOptions {
  /** `http://host:port` of the server. */
  readonly url: string;
  readonly timers: Timers;
  /** Time one request may take, so that a dead link does not hang it (C0.2). @default 30_000 */
  readonly timeoutMs?: number;
  /** @default the global fetch */
  readonly fetch?: typeof fetch;
}

export function openLineDoor(options: LineDoorOptions): LineDoor {
  const { url, timers, timeoutMs = 30_000, fetch: request = fetch } = options;
  return {
    async post(lines, signal) {
      const timeout = new AbortController();
      const timer = timers.after(timeoutMs, () => timeout.abort());
      let status: number;
      let body: string;
      try {
        const response = await request(new URL('/', url), {
          method: 'POST',
          headers: { 'content-type': 'text/plain; charset=utf-8' },
          body: `${lines.join('\n')}\n`,
          redirect: 'error',
          signal: AbortSignal.any([signal, timeout.signal]),
        });
        status = response.status;
        body = await response.text();
      } catch (cause) {
        const why = timeout.signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
        throw new PacketboatError('unreachable', `Cannot post to ${url}: ${why}`, { cause });
      } finally {
        timer.cancel();
      }
      if (status !== 200 && status !== 422) throw refusal(url, status, body);
      return readAnswers(lines, body);
    },
  };
}

function readAnswers(lines: readonly string[], body: string): LineAnswer[] {
  const answers = body.split('\n').filter((text) => text !== '');
  if (answers.length !== lines.length) {
    throw new PacketboatError(
      'unreachable',
      `${answers.length} answers to ${lines.length} lines: this is no line door`,
    );
  }
  return lines.map((line, index) => {
    const answer = answers[index] ?? '';
    if (answer === `ACK ${line.slice(line.lastIndexOf(' ') + 1)}`) return { kind: 'ack' };
    const [word, number, code] = answer.split(' ');
    if (word === 'NAK' && number === String(index + 1) && isErrorCode(code)) return { kind: 'nak', code };
    throw new PacketboatError('unreachable', `Answer ${quoted(answer)} to line ${index + 1}: this is no line door`);
  });
}

/** A refusal is a problem document with a code (RFC 9457); anything else is told by its status alone. */
function refusal(url: string, status: number, body: string): PacketboatError {
  const transient = status >= 500 || status === 408 || status === 429;
  let code: ErrorCode = transient ? 'unreachable' : 'badRequest';
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem === 'object' && problem !== null && 'code' in problem && isErrorCode(problem.code)) {
      code = problem.code;
    }
  } catch {
    // No problem document: the status has to do.
  }
  return new PacketboatError(code, `${url} answered ${status}`);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
