import type { Connection } from 'mongoose';

/** The clock of the database, in milliseconds since the epoch: the same for all processes, however their own clocks differ. */
export async function readStoreTimeMs({ db }: Connection): Promise<number> {
  const { localTime } = (await db?.admin().command({ hello: 1 })) ?? {};
  if (!(localTime instanceof Date)) throw new Error('The database states no time.');
  return localTime.getTime();
}
