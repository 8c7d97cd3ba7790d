/** The front door of `@packetboat/agent`: sensors, shipper, inbox and import for machines at the edge. */
export type { AcknowledgedBatch, Shipper, ShipperCounts } from '@packetboat/client';
export { BacklogTeller, type BacklogTellerOptions, describeBacklog, type LinkStatus } from './backlog.ts';
export { coarsenLines } from './coarsen.ts';
export { type DeadLetter, DeadLetters, type DeadLettersOptions } from './dead_letters.ts';
export { type ImportOptions, type ImportReport, importLines } from './import.ts';
export {
  followInbox,
  type Inbox,
  type InboxClient,
  type InboxContext,
  type InboxHandler,
  type InboxOptions,
  type InboxReader,
  type InboxRecord,
} from './inbox.ts';
export { commandHandler, type CommandHandlerOptions, writableHandler } from './inbox_handlers.ts';
export { type LineAnswer, type LineDoor, type LineDoorOptions, openLineDoor } from './line_door.ts';
export { checkSensorName, encodeName, inboxStream, sensorStream } from './names.ts';
export { type Sensor, type SensorCounts, type SensorOptions, startSensor } from './sensor.ts';
export { type ShipperOptions, startShipper } from './shipper.ts';
export { commandSource, type CommandSourceOptions } from './sources/command.ts';
export { fileSource, type FileSourceOptions } from './sources/file.ts';
export { machineSource, type MachineReadings } from './sources/machine.ts';
export type { Source, SourceChunk, SourceContext, SourceEntry } from './sources/source.ts';
export { stdinSource, type StdinSourceOptions } from './sources/stdin.ts';
export type { LineFormat } from './sources/value_lines.ts';
