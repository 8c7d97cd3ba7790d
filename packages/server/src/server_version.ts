import manifest from '../package.json' with { type: 'json' };

/** What `welcome` says the server is. */
export const serverVersion = `packetboat/${manifest.version}`;
