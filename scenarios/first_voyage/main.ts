/** `npm run voyage`: makes docs/first-voyage.md from a run with a cut of a minute. */
import { writeFile } from 'node:fs/promises';
import { tempFolder } from '../support/temp_folder.ts';
import { voyage } from './voyage.ts';

await using folder = await tempFolder();
const page = await voyage({ folder: folder.path, cutSeconds: 60 });
await writeFile(new URL('../../docs/first-voyage.md', import.meta.url), page);
console.log(page);
