/** `npm run crash -- [--kills 200] [--seed N]`: the long crash run. */
import { parseArgs } from 'node:util';
import { tempFolder } from '../support/temp_folder.ts';
import { crash } from './crash.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 32));
console.log(`crash run: ${values.kills} kills, seed ${seed}`);
await using folder = await tempFolder();
const report = await crash({
  kills: Number(values.kills),
  seed,
  folder: folder.path,
  onKill: ({ number, victim, startMs, acknowledged }) =>
    console.log(
      `${number} killed ${victim}, up again after ${startMs.toFixed(0)} ms, ${acknowledged} records acknowledged`,
    ),
});
const starts = report.serverStartsMs.toSorted((a, b) => a - b);
const half = Math.trunc(report.serverStartsMs.length / 2);
const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[Math.trunc(list.length / 2)]?.toFixed(0);
console.log(`kills: ${JSON.stringify(report.kills)}`);
console.log(`SDK: ${report.acknowledged} acknowledged, ${report.stored} stored, 0 lost, 0 twice, 0 out of order`);
console.log(`sensor: ${report.shipped} acknowledged, ${report.sensed} stored, 0 lost, 0 twice, 0 out of order`);
console.log(
  `server starts: ${starts.length}, slowest ${starts.at(-1)?.toFixed(0)} ms; median of the first half ${median(report.serverStartsMs.slice(0, half))} ms, of the second ${median(report.serverStartsMs.slice(half))} ms`,
);
