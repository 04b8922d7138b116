/** Area under the ROC curve: the chance that a fraud scores higher than an honest payment. */
export function areaUnderCurve(scores: readonly number[], labels: readonly boolean[]): number {
  const order = scores.map((_, index) => index).sort((a, b) => scores[a]! - scores[b]!)
  const positives = labels.filter(Boolean).length
  let rankSum = 0
  for (let start = 0; start < order.length;) {
    let end = start
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++
    // Equal scores share their mean rank.
    for (let i = start; i < end; i++) if (labels[order[i]!]) rankSum += (start + end + 1) / 2
    start = end
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives))
}

/** Mean squared distance between score and label. */
export function brierScore(scores: readonly number[], labels: readonly boolean[]): number {
  const squares = scores.map((score, index) => (score - Number(labels[index])) ** 2)
  return mean(squares)
}

/** One tenth of the scores, with its mean score and the share of fraud in it. */
export interface CalibrationBin {
  readonly predicted: number
  readonly observed: number
}

/** Ten bins of equally many transactions, from the lowest scores to the highest. */
export function calibrationBins(
  scores: readonly number[],
  labels: readonly boolean[],
): CalibrationBin[] {
  const order = scores.map((_, index) => index).sort((a, b) => scores[a]! - scores[b]!)
  return Array.from({ length: 10 }, (_, bin) => {
    const members = order.slice(
      Math.floor((bin * order.length) / 10),
      Math.floor(((bin + 1) * order.length) / 10),
    )
    return {
      predicted: mean(members.map((index) => scores[index]!)),
      observed: mean(members.map((index) => Number(labels[index]))),
    }
  })
}

/** Expected calibration error: the mean distance between predicted and observed over the bins. */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  return mean(bins.map(({ predicted, observed }) => Math.abs(predicted - observed)))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
