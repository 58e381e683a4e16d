import { type Client, connect } from '../../client/index.ts';

/** Options of every command that reads. */
export interface ReadFlags {
  readonly home?: string;
  readonly metadata?: string;
  readonly profile?: string;
  readonly namespace?: string;
  readonly json?: boolean;
}

/** Opens what was run, for one command. */
export async function withClient<T>(
  { home, metadata, profile, namespace }: ReadFlags,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connect({ home, metadata, profile, namespace });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
