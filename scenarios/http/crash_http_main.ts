/** `npm run crash:http -- [--kills 50] [--seed N]`: the long crash run with the published client. */
import { parseArgs } from 'node:util';
import { tempFolder } from '../support/temp_folder.ts';
import { crashHttp } from './crash_http.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '50' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 32));
console.log(`crash run over HTTP: ${values.kills} kills, 4 producers, 2 readers, seed ${seed}`);
await using folder = await tempFolder();
const report = await crashHttp({
  kills: Number(values.kills),
  seed,
  folder: folder.path,
  onKill: ({ number, startMs, acknowledged }) =>
    console.log(`${number} killed, up again after ${startMs.toFixed(0)} ms, ${acknowledged} records acknowledged`),
});
console.log(`${report.acknowledged} acknowledged, ${report.stored} stored, 0 lost, 0 twice, 0 out of order`);
