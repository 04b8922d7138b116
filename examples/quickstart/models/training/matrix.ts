/** A row-major matrix in double precision; models are rounded to float32 only when exported. */
export type Matrix = Float64Array

/** out[rows, columns] += left[rows, inner] × right[inner, columns]. */
export function addProduct(
  out: Matrix,
  left: Matrix,
  right: Matrix,
  rows: number,
  inner: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    const to = row * columns
    const from = row * inner
    let k = 0
    // Four rows of `right` at a time: a quarter of the loads and stores of `out`.
    for (; k + 3 < inner; k += 4) {
      const a = left[from + k]!
      const b = left[from + k + 1]!
      const c = left[from + k + 2]!
      const d = left[from + k + 3]!
      const rowA = k * columns
      const rowB = rowA + columns
      const rowC = rowB + columns
      const rowD = rowC + columns
      for (let j = 0; j < columns; j++) {
        out[to + j]! +=
          a * right[rowA + j]! + b * right[rowB + j]! + c * right[rowC + j]! + d * right[rowD + j]!
      }
    }
    for (; k < inner; k++) {
      const a = left[from + k]!
      for (let j = 0; j < columns; j++) out[to + j]! += a * right[k * columns + j]!
    }
  }
}

/** out[inner, columns] += leftᵀ × right, with left[rows, inner] and right[rows, columns]. */
export function addTransposedProduct(
  out: Matrix,
  left: Matrix,
  right: Matrix,
  rows: number,
  inner: number,
  columns: number,
): void {
  addProduct(out, transpose(left, rows, inner), right, inner, rows, columns)
}

/** The transpose of matrix[rows, columns]. */
export function transpose(matrix: Matrix, rows: number, columns: number): Matrix {
  const out = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = matrix[row * columns + column]!
    }
  }
  return out
}

/** out[columns] += the sum of the rows of matrix[rows, columns]. */
export function addRowSums(out: Matrix, matrix: Matrix, rows: number, columns: number): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column]! += matrix[row * columns + column]!
  }
}

/** A matrix whose every row is `bias`. */
export function repeatRow(bias: Matrix, rows: number): Matrix {
  const out = new Float64Array(rows * bias.length)
  for (let row = 0; row < rows; row++) out.set(bias, row * bias.length)
  return out
}

/** The logistic function. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
