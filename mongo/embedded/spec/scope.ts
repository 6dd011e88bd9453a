/** Who sends a name: Heddle's domain, the driver by itself, MongoDB's specification tests, mongoose's own tests, mongosh and Compass. */
export const SENDERS = ['domain', 'driver', 'specifications', 'mongoose', 'shells'] as const;

/** The names of one kind that the store has, by the first of the senders that sends them; separated by spaces. */
export type Scope = { readonly [sender in (typeof SENDERS)[number]]?: string };

/** Everything that the store has, and why. It is closed: see README.md. */
export const SCOPE: { readonly [kind: string]: Scope } = {
  commands: {
    domain: 'aggregate createIndexes delete distinct find findAndModify insert listIndexes update',
    driver: 'endSessions getMore hello isMaster ismaster killCursors ping saslContinue saslStart',
    specifications:
      'abortTransaction collMod commitTransaction configureFailPoint count create drop dropIndexes killAllSessions listCollections listDatabases',
    mongoose: 'dropDatabase explain',
    shells:
      'buildInfo buildinfo collStats collstats connectionStatus dbStats dbstats getCmdLineOpts getLog getParameter hostInfo serverStatus whatsmyuri',
  },
  'query operators': {
    domain: '$and $eq $exists $gt $gte $in $lt $lte $mod $ne $nin $options $or $regex',
    specifications: '$expr $type',
    mongoose: '$all $comment $elemMatch $nor $not $size',
  },
  'update operators': {
    domain: '$inc $max $min $push $set $setOnInsert $unset',
    mongoose: '$addToSet $currentDate $pop $pull $pullAll $rename',
  },
  stages: {
    domain: '$group $limit $match $set $sort $unset $unwind',
    specifications:
      '$addFields $count $documents $listLocalSessions $merge $out $project $replaceRoot $replaceWith',
    mongoose: '$facet $lookup $skip $sortByCount',
  },
  accumulators: {
    domain: '$max $min $push $sum',
  },
  expressions: {
    domain:
      '$and $cond $dateTrunc $divide $eq $floor $gt $gte $ifNull $in $ln $lt $lte $max $min $mod $ne $or $subtract $sum',
    specifications: '$expr $literal $rand $setField $type',
    mongoose: '$add $month $not $round $size $year',
  },
};
