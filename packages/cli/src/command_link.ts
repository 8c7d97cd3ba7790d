/** What a person types to break a link. */
import { type Direction, type Fault, type Proxy, checkFault, faultNames } from '@packetboat/proxy';

/** The number that a fault takes after its name. */
const numberOf = new Map([
  ['delay', 'latencyMs'],
  ['bandwidth', 'bytesPerSecond'],
]);

const help = `Say one of ${faultNames.join(', ')}, with up or down for one direction only; or clear.`;

/**
 * Does what `line` says, and answers with a sentence.
 *
 * @throws {PacketboatError} `badRequest`, saying what is not understood.
 */
export async function commandLink(proxy: Proxy, line: string): Promise<string> {
  const words = line.trim().toLowerCase().split(/\s+/);
  const [name = '', ...rest] = words;
  if (name === '' || name === 'help') return help;
  if (name === 'clear') {
    await proxy.clear();
    return 'The link is whole.';
  }
  const direction = rest.find((word): word is Direction => word === 'up' || word === 'down' || word === 'both');
  const number = rest.find((word) => /^\d+$/.test(word));
  const option = numberOf.get(name);
  const fields = { fault: name, ...(option !== undefined && number !== undefined && { [option]: Number(number) }) };
  const fault: Fault = checkFault(fields, line.trim());
  proxy.add(fault, direction === undefined ? {} : { direction });
  return name === 'cut' ? 'All connections were cut.' : `${words.join(' ')}: until you say clear.`;
}
