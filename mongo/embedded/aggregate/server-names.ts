/** Expressions that MongoDB has and this store has not: refused by name, unlike ones that nobody knows. */
export const SERVER_EXPRESSIONS: ReadonlySet<string> = new Set(
  (
    '$accumulator $acos $acosh $allElementsTrue $anyElementTrue $asin $asinh $atan $atan2 $atanh $binarySize ' +
    '$bitAnd $bitNot $bitOr $bitXor $bsonSize $cos $cosh $covariancePop $covarianceSamp $dateFromParts ' +
    '$dateFromString $dateToParts $degreesToRadians $denseRank $derivative $documentNumber $exp $expMovingAvg ' +
    '$firstN $function $indexOfBytes $integral $lastN $linearFill $locf $log $log10 $maxN $meta $minN ' +
    '$pow $radiansToDegrees $rank $regexFind $regexFindAll $sampleRate $setDifference $setEquals ' +
    '$setIntersection $setIsSubset $shift $sin $sinh $sortArray $sqrt $stdDevPop $stdDevSamp $tan $tanh $toHashedIndexKey ' +
    '$toUUID $tsIncrement $tsSecond $zip'
  ).split(' '),
);

/** Stages that MongoDB has and this store has not. */
export const SERVER_STAGES: ReadonlySet<string> = new Set(
  (
    '$bucketAuto $changeStream $changeStreamSplitLargeEvent $collStats $currentOp $densify $fill $geoNear ' +
    '$graphLookup $indexStats $listCatalog $listSampledQueries $listSearchIndexes $listSessions $planCacheStats ' +
    '$querySettings $queryStats $rankFusion $redact $sample $search $searchMeta $setWindowFields $shardedDataDistribution ' +
    '$bucket $unionWith $vectorSearch'
  ).split(' '),
);

/** Accumulators that MongoDB has and this store has not. */
export const SERVER_ACCUMULATORS: ReadonlySet<string> = new Set(
  '$accumulator $bottom $bottomN $firstN $lastN $maxN $median $minN $percentile $stdDevPop $stdDevSamp $top $topN'.split(
    ' ',
  ),
);
