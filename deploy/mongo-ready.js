// The health check of MongoDB: the first one makes the replica set, every further one asks whether it has a primary.
db.getSiblingDB('admin').auth('root', process.env.MONGO_INITDB_ROOT_PASSWORD);
try {
  if (!db.hello().isWritablePrimary) throw new Error('no primary yet');
} catch {
  // Any error: there is no replica set yet, or no primary.
  try {
    rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] });
  } catch {
    // Any error: it is there already.
  }
  quit(1);
}
