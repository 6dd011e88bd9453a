/** Expressions that MongoDB has and this store has not: refused by name, unlike unknown ones. */
export const SERVER_EXPRESSIONS: ReadonlySet<string> = new Set(
  (
    '$abs $accumulator $acos $acosh $allElementsTrue $anyElementTrue $arrayElemAt $arrayToObject $asin $asinh ' +
    '$atan $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor $bsonSize $ceil $cmp $concat $concatArrays $convert ' +
    '$cos $cosh $covariancePop $covarianceSamp $dateAdd $dateDiff $dateFromParts $dateFromString ' +
    '$dateSubtract $dateToParts $dateToString $dayOfMonth $dayOfWeek $dayOfYear $degreesToRadians $denseRank ' +
    '$derivative $documentNumber $exp $expMovingAvg $filter $first $firstN $function $getField $hour ' +
    '$indexOfArray $indexOfBytes $indexOfCP $integral $isArray $isNumber $isoDayOfWeek $isoWeek $isoWeekYear ' +
    '$last $lastN $let $linearFill $locf $log $log10 $ltrim $map $maxN $mergeObjects $meta $millisecond ' +
    '$minN $minute $multiply $objectToArray $pow $radiansToDegrees $range $rank $reduce $regexFind ' +
    '$regexFindAll $regexMatch $replaceAll $replaceOne $reverseArray $rtrim $sampleRate $second ' +
    '$setDifference $setEquals $setIntersection $setIsSubset $setUnion $shift $sin $sinh $slice $sortArray ' +
    '$split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP $strcasecmp $substr $substrBytes $substrCP ' +
    '$switch $tan $tanh $toBool $toDate $toDecimal $toDouble $toHashedIndexKey $toInt $toLong $toLower ' +
    '$toObjectId $toString $toUUID $toUpper $trim $trunc $tsIncrement $tsSecond $unsetField $week $zip'
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
  '$accumulator $addToSet $avg $bottom $bottomN $count $first $firstN $last $lastN $maxN $median $mergeObjects $minN $percentile $stdDevPop $stdDevSamp $top $topN'.split(
    ' ',
  ),
);
