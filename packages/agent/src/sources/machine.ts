/** The machine itself: CPU and memory in percent, one decimal each (S0.4). */
import * as os from 'node:os';
import { PacketboatError } from '@packetboat/core';
import type { Source } from './source.ts';

/** The part of `node:os` that is read. */
export type MachineReadings = Pick<typeof os, 'cpus' | 'totalmem' | 'freemem'>;

/**
 * Yields `cpu mem` at each tick. CPU is the busy share since the tick before; the first tick comes one interval
 * after the start, so the first value is already one of a whole interval. Memory is what programs cannot have:
 * (total − available) / total.
 *
 * @throws {PacketboatError} `internal` where the system does not tell its CPU times.
 */
export function machineSource(readings: MachineReadings = os): Source {
  return {
    async *read({ ticks }) {
      const sinceBoot = readCpu(readings);
      if (sinceBoot.total === 0) throw new PacketboatError('internal', 'This system does not tell its CPU times');
      let before = sinceBoot;
      let cpu = percent(sinceBoot.busy, sinceBoot.total);
      for await (const _ of ticks()) {
        const now = readCpu(readings);
        // The system counts CPU time in ticks of its own (10 ms): in a shorter interval nothing may have changed.
        if (now.total > before.total) {
          cpu = percent(now.busy - before.busy, now.total - before.total);
          before = now;
        }
        const total = readings.totalmem();
        const text = `${cpu} ${percent(total - readings.freemem(), total)}`;
        yield { entries: [{ kind: 'values', text }] };
      }
    },
  };
}

interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

function readCpu(readings: MachineReadings): CpuTimes {
  let busy = 0;
  let idle = 0;
  for (const { times } of readings.cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, total: busy + idle };
}

function percent(part: number, whole: number): string {
  return Math.min(100, Math.max(0, (100 * part) / whole)).toFixed(1);
}
