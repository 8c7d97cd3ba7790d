/** What a person types to break a link. */
import { PacketboatError, quoted } from '@packetboat/core';
import {
  type AppliedFault,
  type Direction,
  type Fault,
  type FaultRule,
  type Proxy,
  checkFault,
  faultTable,
} from '@packetboat/proxy';

const directions: readonly string[] = ['up', 'down', 'both'] satisfies Direction[];

const help = `Say one of ${Object.keys(faultTable).join(', ')}, with its numbers, and up or down for one direction only;
or list, remove <name>, clear.`;

/**
 * Does what `line` says, and answers with a sentence.
 *
 * @throws {PacketboatError} `badRequest` or `badFault`, saying what is not understood.
 */
export async function commandLink(proxy: Proxy, line: string): Promise<string> {
  const [name = '', ...words] = line.trim().toLowerCase().split(/\s+/);
  switch (name) {
    case '':
    case 'help':
      return help;
    case 'clear':
      await proxy.clear();
      return 'The link is whole.';
    case 'list':
      return proxy.faults.map(describeFault).join('\n') || 'The link is whole.';
    case 'remove':
      return removeFault(proxy, words.join(' '));
    default:
      return addFault(proxy, name, words);
  }
}

/** `latency_1: latency (latencyMs 200, jitterMs 50), up only`. */
export function describeFault({ name, fault, direction, connections, toxicity }: AppliedFault): string {
  const { fault: kind, ...options } = fault;
  const pairs = Object.entries(options).map(([option, value]) => `${option} ${String(value)}`);
  const said = pairs.length === 0 ? '' : ` (${pairs.join(', ')})`;
  const where = direction === undefined || direction === 'both' ? '' : `, ${direction} only`;
  const which = connections === undefined ? '' : `, connections ${JSON.stringify(connections)}`;
  const chance = toxicity === undefined || toxicity === 1 ? '' : `, on ${Math.round(toxicity * 100)} % of them`;
  return `${name}: ${kind}${said}${where}${which}${chance}`;
}

async function removeFault(proxy: Proxy, name: string): Promise<string> {
  if (!proxy.faults.some((applied) => applied.name === name)) {
    throw new PacketboatError('badRequest', `No fault ${quoted(name)} acts; list shows those that do`);
  }
  await proxy.remove({ name });
  return `${name} is over.`;
}

/** A number is for the next option that takes one, a word for the option that knows it. */
function addFault(proxy: Proxy, name: string, words: readonly string[]): string {
  const rule: FaultRule | undefined = new Map(Object.entries(faultTable)).get(name);
  if (rule === undefined) throw new PacketboatError('badRequest', `There is no fault ${quoted(name)}. ${help}`);
  const open = new Map(Object.entries(rule.options));
  const fields: Record<string, unknown> = { fault: name };
  let direction: Direction | undefined;
  for (const word of words) {
    if (directions.includes(word)) {
      direction = word as Direction;
      continue;
    }
    const number = /^\d+$/.test(word);
    const [option] = [...open].find(([, wanted]) => ('words' in wanted ? wanted.words.includes(word) : number)) ?? [];
    if (option === undefined) throw new PacketboatError('badRequest', `${name} does not know ${quoted(word)}`);
    open.delete(option);
    fields[option] = number ? Number(word) : word;
  }
  const fault = checkFault<Fault>(fields, faultTable, [name, ...words].join(' '));
  const applied = proxy.add(fault, direction === undefined ? {} : { direction });
  return rule.once === true ? 'Done.' : `It lasts until you say clear, or remove ${applied.name}.`;
}
