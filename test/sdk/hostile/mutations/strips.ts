import type { ValueMutation } from './mutation.ts'
import { listAt, objectAt, pickPlace } from './places.ts'

/** Something is missing. */
export const strip: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random)
  if (!place) return receipt
  if (Array.isArray(place.holder)) place.holder.splice(Number(place.name), 1)
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- A member that is not there is what this makes.
  else delete place.holder[place.name]
  return receipt
}

/** All that is not of one member is missing. */
export const keepOne: ValueMutation = (receipt, { random }) => {
  const name = random.pick(Object.keys(receipt).concat('x'))
  return { [name]: receipt[name] }
}

/** What an opened field consists of is missing or empty. */
export const stripOpening: ValueMutation = (receipt, { random }) => {
  const opened = listAt(receipt, 'fields', 'opened')
  if (opened.length === 0) return receipt
  const field = objectAt(random.pick(opened))
  field[random.pick(['index', 'name', 'salt', 'value'])] = random.pick(['', '0x', undefined])
  return receipt
}
