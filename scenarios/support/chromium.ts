/** A real browser, without a window, told what to do over its debugging pipe (Chrome DevTools Protocol). */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { getuid } from 'node:process';

type Json = Record<string, unknown>;

/** Why there is no browser to test with, or `undefined` when there is one. */
export function noChromium(): string | undefined {
  return findChromium() === undefined ? 'chromium is not installed (.ci/packages)' : undefined;
}

function findChromium(): string | undefined {
  const paths = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'chromium'));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A running browser with a profile of its own, which outlives it. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #pipe: Duplex;
  readonly #ended: Promise<unknown>;
  readonly #answers = new Map<number, PromiseWithResolvers<Json>>();
  readonly #events = new EventEmitter();
  #lastId = 0;
  #rest = '';

  /** @param profile A folder; what pages have stored is found in it by the next browser. */
  constructor(profile: string) {
    const flags = [
      '--headless',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      // Its sandbox does not run as root, as in containers.
      ...(getuid?.() === 0 ? ['--no-sandbox'] : []),
    ];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    // A group of its own, so that a kill takes all of its processes.
    this.#process = spawn(findChromium() ?? 'chromium', flags, { stdio: [...stdio], detached: true });
    this.#ended = once(this.#process, 'close');
    this.#pipe = this.#process.stdio[3] as Duplex;
    this.#pipe.on('error', () => undefined);
    const heard = this.#process.stdio[4] as Duplex;
    heard.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    void this.#ended.then(() => {
      for (const answer of this.#answers.values()) answer.reject(new Error('The browser has ended'));
    });
  }

  /** Opens a page and waits until it is loaded, and the promise `ready` that it leaves has settled. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, String(targetId), String(sessionId));
    await page.send('Page.enable');
    await page.load('Page.navigate', { url });
    return page;
  }

  /** Gives a command; settles with its result. */
  async send(method: string, params: Json = {}, sessionId?: string): Promise<Json> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<Json>();
    this.#answers.set(id, answer);
    this.#pipe.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return answer.promise;
  }

  /** Settles at the next event `method` of a page. */
  async event(method: string, sessionId: string): Promise<void> {
    await once(this.#events, `${sessionId} ${method}`);
  }

  /** Ends the browser as a person would. */
  async close(): Promise<void> {
    this.send('Browser.close').catch(() => undefined);
    await this.#ended;
  }

  /** Kills all of its processes at once (kill -9). */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
    await this.#ended;
  }

  #take(text: string): void {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop() ?? '';
    for (const message of messages) this.#hear(JSON.parse(message) as Json);
  }

  #hear({ id, method, sessionId, result, error }: Json): void {
    if (typeof method === 'string') {
      this.#events.emit(`${String(sessionId)} ${method}`);
      return;
    }
    const answer = this.#answers.get(Number(id));
    this.#answers.delete(Number(id));
    if (error === undefined) answer?.resolve(result as Json);
    else answer?.reject(new Error(JSON.stringify(error)));
  }
}

/** A page of a {@linkcode Chromium}. */
export class Page {
  readonly #browser: Chromium;
  readonly #target: string;
  readonly #session: string;

  constructor(browser: Chromium, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
  }

  send(method: string, params: Json = {}): Promise<Json> {
    return this.#browser.send(method, params, this.#session);
  }

  /** Loads the page by a command, and waits until it is ready. */
  async load(method: 'Page.navigate' | 'Page.reload', params: Json = {}): Promise<void> {
    const loaded = this.#browser.event('Page.loadEventFired', this.#session);
    await this.send(method, params);
    await loaded;
    await this.evaluate('globalThis.ready ?? Promise.reject(new Error("The page has not run"))');
  }

  /** Evaluates an expression in the page, and waits for its promise; the value must be JSON. */
  async evaluate<Value = unknown>(expression: string): Promise<Value> {
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as {
      readonly result?: { readonly value?: unknown };
      readonly exceptionDetails?: { readonly text?: string; readonly exception?: { readonly description?: string } };
    };
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text ?? 'The page failed');
    }
    return result?.value as Value;
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.closeTarget', { targetId: this.#target });
  }
}
