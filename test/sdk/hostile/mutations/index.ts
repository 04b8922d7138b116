import { breakUtf8, flipBits, reencode } from './bytes.ts'
import { fakeContract, fakeHints, fakeId } from './contracts.ts'
import { flipBit, flipCharacter, rewriteHex } from './flips.ts'
import { forge } from './forgeries.ts'
import { generate } from './generated.ts'
import {
  attachTexts,
  dropHints,
  escapeCharacters,
  indent,
  redact,
  redactMessages,
  reorderMembers,
  reorderOpenings,
} from './harmless.ts'
import { changeList } from './lists.ts'
import { changeful, liven } from './live-values.ts'
import { addMember, renameMember } from './members.ts'
import { changeMessage, changeMessageLeaves, forgeMessages, unbindMessages } from './messages.ts'
import type { BytesMutation, TextMutation, ValueMutation } from './mutation.ts'
import { changeNumber, moveInference } from './numbers.ts'
import { changeLeaves, changeOpening, swapCommitment } from './openings.ts'
import { changeSignature, foreignSignature, twinSignature } from './signatures.ts'
import { keepOne, strip, stripOpening } from './strips.ts'
import { swapChain, swapMember, swapPart, swapWithin } from './swaps.ts'
import { cut, damage, splice } from './text-damage.ts'
import { hugeNumber, inflate, nest } from './text-excess.ts'
import { duplicateName, strangeCharacters } from './text-names.ts'
import { climbTree } from './trees.ts'
import { changeType, wrap } from './types.ts'

/** By which a receipt says something else, or nothing. */
export const valueMutations: Record<string, ValueMutation> = {
  ...{ flipCharacter, flipBit, rewriteHex, swapPart, swapMember, swapChain, swapWithin },
  ...{ changeList, strip, keepOne, stripOpening, changeType, wrap, changeNumber, moveInference },
  ...{ addMember, renameMember, fakeContract, fakeId, fakeHints, changeSignature },
  ...{
    foreignSignature,
    twinSignature,
    forge,
    changeOpening,
    changeLeaves,
    swapCommitment,
    climbTree,
    generate,
  },
  ...{ changeMessage, changeMessageLeaves, unbindMessages, forgeMessages },
}

/** By which a receipt says less, or the same in other words: its report stays as good. */
export const harmlessMutations: Record<string, ValueMutation> = {
  ...{ redact, redactMessages, attachTexts, reorderOpenings, dropHints, reorderMembers },
}
export const harmlessTextMutations: Record<string, TextMutation> = { indent, escapeCharacters }

export const textMutations: Record<string, TextMutation> = {
  ...{ duplicateName, strangeCharacters, damage, cut, splice, nest, hugeNumber, inflate },
}
export const bytesMutations: Record<string, BytesMutation> = { flipBits, breakUtf8, reencode }

/** Values that stand for no JSON, or for another one each time. */
export const liveMutations: Record<string, ValueMutation> = { liven, changeful }
