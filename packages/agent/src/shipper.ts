import { type Shipper, shipSpool, type ShipSpoolOptions } from '@packetboat/client';
import { checkSensorName, sensorStream } from './names.ts';
import { QuietTeller } from './quiet_teller.ts';

/** Options of {@linkcode startShipper}. */
export interface ShipperOptions
  extends Pick<ShipSpoolOptions, 'spool' | 'client' | 'world' | 'limits' | 'onAcknowledged'> {
  /** The sensor whose records the spool holds; they go to `sensors/<name>`. */
  readonly name: string;
  /** Told what goes wrong and goes on, without a flood. @default nobody */
  readonly onProblem?: (message: string) => void;
}

/**
 * Starts the shipper of a sensor: many batches in flight (S0.26), forgotten by the spool only when the server's receipt
 * is here (A0.8). It may start before the sensor ever did (S0.11).
 *
 * @throws {PacketboatError} `badName`.
 */
export function startShipper({ name, onProblem = () => {}, ...rest }: ShipperOptions): Shipper {
  const teller = new QuietTeller(rest.world.clock, onProblem);
  return shipSpool({
    ...rest,
    stream: sensorStream(checkSensorName(name)),
    create: true,
    contentType: 'text/plain',
    onProblem: (message) => teller.tell(message),
  });
}
