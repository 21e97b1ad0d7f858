/** The transpose of a row-major [rows, columns]. */
export const transposed = (data: Float32Array, [rows, columns]: readonly [number, number]): Float32Array => {
  const out = new Float32Array(data.length)
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!
  return out
}
