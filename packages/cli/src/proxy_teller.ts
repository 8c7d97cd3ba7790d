/** Tells a person, or a machine, what a proxy does. */
import { type Clock, describeBytes } from '@packetboat/core';
import type { EndCause, Proxy, ProxyCounters, ProxyEvent } from '@packetboat/proxy';
import { describeFault } from './command_link.ts';
import { describeCount, describeDuration } from './describe.ts';
import type { Terminal } from './terminal.ts';

/** A target that is not there, or a lack of open files, is told again after this time, not at each attempt. */
const againMs = 30_000;
const liveEveryMs = 1_000;

const causes: Readonly<Record<EndCause, string>> = {
  closed: 'both sides closed it',
  clientReset: 'the client broke it off',
  serverReset: 'the server broke it off',
  unreachable: 'the target cannot be reached',
  stuck: 'a side had ended or did not read, and nothing moved any more',
  cut: 'a fault cut it',
  stopped: 'the proxy stops',
};

export class ProxyTeller {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #json: boolean;
  /** The proxy whose name need not be said. */
  readonly #mainName: string;
  /** What was warned of, and when last. */
  readonly #warnedMs = new Map<string, number>();
  #shown = { atMs: 0, upBytes: 0, downBytes: 0 };

  constructor(terminal: Terminal, clock: Clock, mainName: string, json: boolean) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#mainName = mainName;
    this.#json = json;
  }

  /** To be given to a `ProxySet` as `onEvent`. */
  readonly heard = (name: string, event: ProxyEvent): void => {
    if (this.#json) {
      const { event: what, ...rest } = event;
      // A fault's options stand beside the rest, as in a schedule.
      void this.#terminal.printJson({ event: what, proxy: name, ...rest, ...('fault' in rest && rest.fault) });
      return;
    }
    const said = event.event === 'disconnected' ? this.#disconnected(event) : this.#describe(event);
    if (said !== undefined) this.#terminal.say(name === this.#mainName ? said : `${name}: ${said}`);
  };

  /** Redraws the line of what goes on now; on a terminal only. */
  live(proxy: Proxy): void {
    const nowMs = this.#clock.monotonicMs();
    const { open, passedBytes, heldBytes } = proxy.counters;
    const seconds = Math.max(1, nowMs - this.#shown.atMs) / 1_000;
    const rate = (bytes: number): string => `${describeBytes(Math.round(Math.max(0, bytes) / seconds))}/s`;
    const held = heldBytes.up + heldBytes.down;
    const faults = proxy.faults.map(({ name }) => name).join(', ');
    this.#terminal.live(
      [
        describeCount(open, 'connection'),
        `${rate(passedBytes.up - this.#shown.upBytes)} up`,
        `${rate(passedBytes.down - this.#shown.downBytes)} down`,
        ...(held > 0 ? [`${describeBytes(held)} on their way`] : []),
        ...(faults === '' ? [] : [faults]),
      ].join(' · '),
    );
    this.#shown = { atMs: nowMs, upBytes: passedBytes.up, downBytes: passedBytes.down };
  }

  /** How often to call {@linkcode live}. */
  get liveEveryMs(): number {
    return liveEveryMs;
  }

  /** The last line. */
  stopped(name: string, counters: ProxyCounters): void {
    if (this.#json) void this.#terminal.printJson({ event: 'stopped', proxy: name, ...counters });
    else this.#terminal.say(`${name === this.#mainName ? '' : `${name}: `}${describeCounters(counters)}`);
  }

  #describe(event: Exclude<ProxyEvent, { event: 'disconnected' }>): string | undefined {
    switch (event.event) {
      case 'refused':
        this.#warn('refused', describeRefusal(event.connectionsMax));
        return undefined;
      case 'connected':
        return `connection ${event.connection}: from ${event.from}`;
      case 'triggered':
        return `connection ${event.connection}: ${event.on} ${event.nth} is about to pass`;
      case 'faultBegan':
        return this.#terminal.styleErr('yellow', `fault ${describeFault(event)}`);
      default:
        return this.#terminal.styleErr('green', `fault ${event.name} is over`);
    }
  }

  #disconnected(event: Extract<ProxyEvent, { event: 'disconnected' }>): string | undefined {
    const { connection, cause, why, lastedMs, upBytes, downBytes } = event;
    if (cause !== 'unreachable') {
      const bytes = `${describeBytes(upBytes)} up, ${describeBytes(downBytes)} down`;
      return `connection ${connection}: over after ${describeDuration(lastedMs)}: ${causes[cause]}; ${bytes}`;
    }
    this.#warn('unreachable', `connection ${connection}: the target cannot be reached: ${why ?? ''}`);
    return undefined;
  }

  #warn(about: string, message: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - (this.#warnedMs.get(about) ?? -Infinity) < againMs) return;
    this.#warnedMs.set(about, nowMs);
    this.#terminal.warn(message);
  }
}

function describeRefusal(connectionsMax: number): string {
  const bound = describeCount(connectionsMax, 'connection');
  return `the system allows open files for ${bound}: refusing more; raise its limit (ulimit -n)`;
}

function describeCounters({ connections, refused, ends, passedBytes, swallowedBytes, faults }: ProxyCounters): string {
  const ended = Object.entries(ends).flatMap(([cause, count]) => (count > 0 ? [`${count} ${cause}`] : []));
  const begun = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  const parts = [
    `Stopped: ${describeCount(connections, 'connection')}${ended.length > 0 ? ` (${ended.join(', ')})` : ''}`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    `${describeBytes(passedBytes.up)} up, ${describeBytes(passedBytes.down)} down`,
    `${describeBytes(swallowedBytes.up + swallowedBytes.down)} swallowed`,
    `faults: ${begun.join(', ') || 'none'}`,
  ];
  return `${parts.join('; ')}.`;
}
