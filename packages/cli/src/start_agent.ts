import type { Inbox, Shipper } from '@packetboat/agent';
import type { Client } from '@packetboat/client';
import type { Context } from './context.ts';
import {
  describeEnd,
  describeWaiting,
  openShippingClient,
  openSpoolOf,
  runInbox,
  runSensor,
  runShipper,
} from './edge.ts';
import type { ServerOptions } from './options.ts';
import type { AckOptions, SourceOptions, SpoolOptions } from './spool_options.ts';

/** Options of {@linkcode startAgent}. */
export interface AgentOptions extends SpoolOptions, SourceOptions, ServerOptions {
  /** How acknowledged records are printed, if they are. */
  readonly acks: AckOptions['ackFormat'] | 'none';
  /** Follow the inbox: with a command, or on stdout. @default it is not followed */
  readonly inbox?: { readonly command: string | undefined } | undefined;
}

/** A running agent. */
export interface Agent {
  /** Settles after a stop, or when the source has ended and everything is shipped; rejects when it cannot go on. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** Starts sensor, shipper and inbox over one spool. It samples at once; the server may come later. */
export async function startAgent(context: Context, name: string, options: AgentOptions): Promise<Agent> {
  const opened = await openSpoolOf(context, name, 'agent', options);
  const stopping = new AbortController();
  const sensor = runSensor(context, name, opened, options);
  const shipping = ship();
  // Whoever cannot ship for good cannot sample for ever either: the spool would only fill.
  shipping.catch(() => stopping.abort());
  stopping.signal.addEventListener('abort', () => void sensor.stop());

  async function ship(): Promise<void> {
    const client = await openShippingClient(context, options, opened.spool, stopping.signal);
    if (client === undefined) return;
    try {
      await shipOver(client);
    } finally {
      await client.close();
    }
  }

  async function shipOver(client: Client): Promise<void> {
    const shipper = runShipper(context, name, opened, client, options.acks);
    const inbox = options.inbox === undefined ? undefined : runInbox(context, name, client, options.inbox.command);
    try {
      // A stop lets the sensor store what it has sampled; what is not shipped by then stays in the spool.
      const stopped = aborted(stopping.signal).then(() => sensor.stop());
      await Promise.race([stopped, shipper.done, failureOf(inbox), drainedAfter(sensor.done, shipper)]);
    } finally {
      await inbox?.stop();
      await shipper.stop();
    }
    await shipper.done;
  }

  async function run(): Promise<void> {
    try {
      const [sampled, shipped] = await Promise.allSettled([sensor.done, shipping]);
      context.teller.say(`Agent ${name} stopped: ${describeEnd(sensor)}; ${await describeWaiting(opened.spool)}.`);
      for (const outcome of [shipped, sampled]) if (outcome.status === 'rejected') throw outcome.reason;
    } finally {
      await opened.spool.close();
    }
  }

  const done = run();
  // Whoever only stops need not watch `done`.
  done.catch(() => {});
  return {
    done,
    async stop() {
      stopping.abort();
      await done.catch(() => {});
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Rejects as the inbox does; otherwise never settles. */
function failureOf(inbox: Inbox | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    inbox?.done.catch(reject);
  });
}

/** Settles when the source has ended (stdin) and the server has everything. */
async function drainedAfter(sampled: Promise<void>, shipper: Shipper): Promise<void> {
  await sampled;
  await shipper.drained();
}
