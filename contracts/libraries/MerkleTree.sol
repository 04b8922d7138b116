// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Merkle tree of RFC 9162
/// @notice Positional SHA-256 tree of Certificate Transparency (RFC 9162, section 2.1): prefix 0x00 for leaves, 0x01 for
/// nodes, so that no node can be passed off as a leaf; the split is at the largest power of two below the size.
library MerkleTree {
    /// @notice Hash of a leaf (RFC 9162, section 2.1.1).
    /// @param data The leaf's data, any length.
    function hashLeaf(bytes memory data) internal view returns (bytes32 hash) {
        // The prefix 0x00 takes the place of the last byte of the data's length, which stands right before the data, for as
        // long as the hashing takes. The result goes to scratch space. The precompile at 0x02 can fail by lack of gas alone,
        // and that is checked.
        assembly ("memory-safe") {
            let length := mload(data)
            mstore8(add(data, 31), 0x00)
            if iszero(staticcall(gas(), 0x02, add(data, 31), add(length, 1), 0x00, 0x20)) {
                revert(0x00, 0x00)
            }
            mstore(data, length)
            hash := mload(0x00)
        }
    }

    /// @notice Hash of an inner node.
    function hashNode(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        // The 65 bytes lie at the free memory pointer, which is not moved: the space is free again afterwards. The
        // result goes to scratch space (0x00). The precompile at 0x02 can fail by lack of gas alone, and that is checked.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 0x01)
            mstore(add(buffer, 1), left)
            mstore(add(buffer, 33), right)
            if iszero(staticcall(gas(), 0x02, buffer, 65, 0x00, 0x20)) {
                revert(0x00, 0x00)
            }
            hash := mload(0x00)
        }
    }

    /// @notice Root over leaf hashes (RFC 9162, section 2.1.1).
    /// @dev Pairs neighbours level by level and carries a lone last one up, which gives the RFC's recursive split. The
    /// array is overwritten. An empty array gives the RFC's empty hash.
    /// @param hashes The leaf hashes, in order; used up.
    function rootOf(bytes32[] memory hashes) internal view returns (bytes32) {
        uint256 size = hashes.length;
        if (size == 0) return sha256("");
        while (size > 1) {
            uint256 pairs = size >> 1;
            for (uint256 i = 0; i < pairs; ++i) {
                hashes[i] = hashNode(hashes[2 * i], hashes[2 * i + 1]);
            }
            if (size & 1 == 1) hashes[pairs] = hashes[size - 1];
            size = pairs + (size & 1);
        }
        return hashes[0];
    }

    /// @notice Whether a proof leads from a leaf at a place to the root (RFC 9162, section 2.1.3.2).
    /// @param leafHash The leaf's hash.
    /// @param index The leaf's place, from 0.
    /// @param size The number of leaves.
    /// @param proof Sibling hashes from the leaf upwards.
    /// @param root The root.
    function verifyInclusion(
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof,
        bytes32 root
    ) internal view returns (bool) {
        if (index >= size) return false;
        // In a full tree the place's binary digits say it all.
        uint256 sides = index;
        if (size != 1 << proof.length) {
            uint256 length;
            (sides, length) = _wayUp(index, size - 1);
            if (proof.length != length) return false;
        }
        return _climb(leafHash, sides, proof) == root;
    }

    /// @dev The way from a leaf to the root has two parts. Below the point where it joins the way of the tree's last leaf, the
    /// place's binary digits say on which side the sibling is. Above, on the tree's right border, it is on the left, and there
    /// is one for each digit 1 that is left: at a 0 the border's node has none and is carried up.
    /// @param index Place of the leaf.
    /// @param last Place of the last leaf, not below `index`.
    /// @return sides A digit for each sibling, the first one lowest: 1 if it is on the left.
    /// @return length The number of siblings, at most 64.
    function _wayUp(uint256 index, uint256 last) private pure returns (uint256 sides, uint256 length) {
        // Number of digits up to the highest in which the two places differ.
        length = index == last ? 0 : Math.log2(index ^ last) + 1;
        sides = index & ((1 << length) - 1);
        for (uint256 border = index >> length; border != 0; border &= border - 1) {
            sides |= 1 << length;
            ++length;
        }
    }

    /// @dev A node of 65 bytes lies at 0x1f: its prefix, its left half at 0x20, its right one at 0x40. The lowest digit of
    /// `sides` says in which half the hash so far stands; the sibling is written to the other. What the precompile gives goes
    /// straight to its half of the next node, as the next digit says. One digit above the siblings' marks the end.
    /// @param sides See _wayUp; one digit for each sibling, so at most 64.
    function _climb(bytes32 leafHash, uint256 sides, bytes32[] calldata proof) private view returns (bytes32 hash) {
        // Reads no more siblings than the proof has: each one read takes a digit away, and there are as many. Were there ever
        // a call of the precompile that fails (at today's prices, no gas is left then), it takes none: its sibling is passed
        // over, and the hash needs as many others. Whatever is read, what comes out is a hash over `leafHash` at that place.
        // Writes scratch space and 0x40, which is restored.
        assembly ("memory-safe") {
            let free := mload(0x40)
            let sibling := proof.offset
            sides := shl(5, or(sides, shl(proof.length, 1)))
            mstore8(0x1f, 0x01)
            mstore(add(0x20, and(sides, 0x20)), leafHash)
            // Four levels a turn: the loop itself costs a level's eighth.
            for {} gt(sides, 0x1ff) {
                sibling := add(sibling, 0x80)
            } {
                mstore(sub(0x40, and(sides, 0x20)), calldataload(sibling))
                sides := shr(staticcall(gas(), 0x02, 0x1f, 65, add(0x20, and(shr(1, sides), 0x20)), 0x20), sides)
                mstore(sub(0x40, and(sides, 0x20)), calldataload(add(sibling, 0x20)))
                sides := shr(staticcall(gas(), 0x02, 0x1f, 65, add(0x20, and(shr(1, sides), 0x20)), 0x20), sides)
                mstore(sub(0x40, and(sides, 0x20)), calldataload(add(sibling, 0x40)))
                sides := shr(staticcall(gas(), 0x02, 0x1f, 65, add(0x20, and(shr(1, sides), 0x20)), 0x20), sides)
                mstore(sub(0x40, and(sides, 0x20)), calldataload(add(sibling, 0x60)))
                sides := shr(staticcall(gas(), 0x02, 0x1f, 65, add(0x20, and(shr(1, sides), 0x20)), 0x20), sides)
            }
            for {} gt(sides, 0x3f) {
                sibling := add(sibling, 0x20)
            } {
                mstore(sub(0x40, and(sides, 0x20)), calldataload(sibling))
                sides := shr(staticcall(gas(), 0x02, 0x1f, 65, add(0x20, and(shr(1, sides), 0x20)), 0x20), sides)
            }
            // The mark is digit 0 now, so the last hash stands on the right.
            hash := mload(0x40)
            mstore(0x40, free)
        }
    }
}
