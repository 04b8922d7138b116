import { rename, rm, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { countedBytes, ifMissing, type Upload, uploadLedger } from './ledger.ts'
import { oneAfterTheOther } from './turns.ts'

/** What settlements say of data: none names it, one does that may still be taken back, or one does for good. */
export type SettledState = 'unsettled' | 'settled' | 'final'

export type UploadLimits = {
  /** Bytes that one name may have stored which no settlement names for good. */
  maxBytesOfName: number
  /** Bytes that all names may have so together. */
  maxBytes: number
  /** Milliseconds after which what no settlement has named is removed. */
  maxAgeMillis: number
}

export type UploadsOptions = UploadLimits & {
  /** Milliseconds for which data is set aside before it goes, lest a settlement is on its way. Default: 60,000. */
  asideMillis?: number | undefined
  /** Where the data is, each file under its digest. */
  directory: string
  /** Asks the tables; of many at once. */
  settledStates: (digests: readonly Hex[]) => Promise<ReadonlyMap<Hex, SettledState>>
}

/** Whether data may be kept; if not, why. */
export type Admission = { admitted: true } | { admitted: false; status: 429 | 507; problem: string }

export type Uploads = {
  /** Whether somebody may put data; counted from then on. Before it is looked whether the data is there, so that what is put again is not removed meanwhile. */
  admit(name: string, digest: Hex, bytes: number): Promise<Admission>
  /** Forgets what is settled for good, and removes what was never settled. @returns How many files went. */
  prune(): Promise<number>
  /** Puts back what a process had set aside that was ended while it pruned. */
  restore(): Promise<void>
}

const aside = '.pruned'
/** An upload that was admitted and whose data is not here by then never comes. */
const arrivalMillis = 3_600_000
const atOnce = 500

/** Keeps account of what is put and not settled. */
export function createUploads(options: UploadsOptions): Uploads {
  const { directory, settledStates, maxBytesOfName, maxBytes, maxAgeMillis } = options
  const { asideMillis = 60_000 } = options
  const ledger = uploadLedger(join(directory, 'uploads'))
  const inTurn = oneAfterTheOther()
  /** When what is out of reach was set aside, by digests. */
  const setAside = new Map<string, number>()
  const isThere = async (digest: string) =>
    (await stat(join(directory, digest)).catch(ifMissing(undefined))) !== undefined
  const stateOf = async (digest: string) =>
    (await settledStates([`0x${digest}`])).get(`0x${digest}`) ?? 'unsettled'

  async function admit(upload: Upload): Promise<Admission> {
    const known = await ledger.find(upload.digest)
    if (known) {
      await ledger.touch(known)
      return { admitted: true }
    }
    // Loaded for a settlement, or put for one that is there: it stays.
    if ((await isThere(upload.digest)) || (await stateOf(upload.digest)) === 'final') {
      return { admitted: true }
    }
    // Counted before it is looked, so that two processes never both take the last room.
    await ledger.add(upload)
    const all = await ledger.list()
    const sum = (some: Upload[]) => some.reduce((total, it) => total + countedBytes(it), 0)
    const ofName = sum(all.filter(({ name }) => name === upload.name))
    if (ofName <= maxBytesOfName && sum(all) <= maxBytes) return { admitted: true }
    await ledger.remove(upload)
    return ofName > maxBytesOfName
      ? {
          ...{ admitted: false, status: 429 },
          problem: `${upload.name} has ${maxBytesOfName} bytes here that no settlement names: settle some of them first`,
        }
      : {
          ...{ admitted: false, status: 507 },
          problem: 'there is no room for more data that no settlement names',
        }
  }

  /** @returns Whether its file went. */
  async function pruneOne(upload: Upload, state: SettledState): Promise<boolean> {
    const { digest } = upload
    const place = join(directory, digest)
    // What was named, if only for a while, may be named again.
    if (state === 'settled') await ledger.touch(upload)
    const age = Date.now() - ((await ledger.touchedAt(upload)) ?? Date.now())
    const isSpare = state === 'unsettled' && age > maxAgeMillis
    const asideAt = setAside.get(digest)
    if (asideAt !== undefined && !isSpare) {
      await rename(place + aside, place).catch(ifMissing(undefined))
      setAside.delete(digest)
    }
    if (state === 'final') {
      await ledger.remove(upload)
      return false
    }
    if (asideAt !== undefined && isSpare) {
      if (performance.now() - asideAt < asideMillis) return false
      // Its account first: put again from now on, it has another one.
      await ledger.remove(upload)
      await rm(place + aside, { force: true })
      setAside.delete(digest)
      return true
    }
    if (!(await isThere(digest))) {
      if (age > arrivalMillis) await ledger.remove(upload)
    } else if (isSpare) {
      // Out of reach first: a settlement that names it meanwhile is seen the next time.
      await rename(place, place + aside)
      setAside.set(digest, performance.now())
    }
    return false
  }

  return {
    admit: (name, digest, bytes) =>
      inTurn(() => admit({ name, bytes, digest: digest.slice(2).toLowerCase() })),

    async prune() {
      let removed = 0
      const uploads = await ledger.list()
      for (let i = 0; i < uploads.length; i += atOnce) {
        const some = uploads.slice(i, i + atOnce)
        const states = await settledStates(some.map(({ digest }): Hex => `0x${digest}`))
        for (const upload of some) {
          const known = states.get(`0x${upload.digest}`) ?? 'unsettled'
          const gone = await inTurn(async () => {
            // Put aside before: asked anew, as late as can be.
            const state = setAside.has(upload.digest) ? await stateOf(upload.digest) : known
            return pruneOne(upload, state)
          })
          if (gone) removed++
        }
      }
      return removed
    },

    async restore() {
      for (const name of await readdir(directory).catch(ifMissing([]))) {
        if (!name.endsWith(aside)) continue
        const place = join(directory, name)
        await rename(place, place.slice(0, -aside.length)).catch(ifMissing(undefined))
      }
    },
  }
}
