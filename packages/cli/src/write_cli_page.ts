/** `node packages/cli/src/write_cli_page.ts`: writes docs/cli.md. */
import { writeFile } from 'node:fs/promises';
import { cliPage } from './cli_page.ts';

await writeFile(new URL('../../../docs/cli.md', import.meta.url), await cliPage());
