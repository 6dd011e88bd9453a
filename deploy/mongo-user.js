// Run by the image of MongoDB at its first start: the user of the subgraphs, which owns one database and nothing else.
db.getSiblingDB('heddle').createUser({
  user: 'heddle',
  pwd: process.env.MONGO_PASSWORD,
  roles: [{ role: 'readWrite', db: 'heddle' }],
});
