/** `npm run power-cut -- [--rounds 20] [--seed N]`: the long power-cut run. Needs root. */
import { parseArgs } from 'node:util';
import { noPowerCuts } from '../support/disk_image.ts';
import { tempFolder } from '../support/temp_folder.ts';
import { powerCuts } from './power_cut.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' } } });
const why = await noPowerCuts();
if (why !== undefined) {
  console.error(`packetboat: ${why}`);
  process.exit(1);
}
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 32));
console.log(`power cuts: ${values.rounds} rounds, 8 producers, seed ${seed}`);
await using folder = await tempFolder();
const acknowledged = await powerCuts({
  rounds: Number(values.rounds),
  seed,
  folder: folder.path,
  onRound: (round, acked, stored) => console.log(`round ${round}: ${acked} acknowledged, ${stored} stored`),
});
console.log(`${acknowledged} records acknowledged before a cut; 0 lost, 0 twice, 0 out of order`);
