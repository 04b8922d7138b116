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
    /// @dev The way up has two parts. Below the point where it joins the way of the tree's last leaf, the place's binary digits
    /// say on which side the sibling is. Above, on the tree's right border, every sibling is on the left, and there is one for
    /// each digit 1 that is left: at a 0 the border's node has no sibling and is carried up.
    /// @param leafHash The leaf's hash.
    /// @param index The leaf's place, from 0.
    /// @param size The number of leaves.
    /// @param proof Sibling hashes from the leaf upwards; its length follows from index and size, any other fails.
    /// @param root The root.
    function verifyInclusion(
        bytes32 leafHash,
        uint256 index,
        uint256 size,
        bytes32[] calldata proof,
        bytes32 root
    ) internal view returns (bool) {
        if (index >= size) return false;
        // Number of digits in which the place and the last place differ, counted from the first that does.
        uint256 inner = index == size - 1 ? 0 : Math.log2(index ^ (size - 1)) + 1;
        uint256 border = index >> inner;
        // Digits as the sides of the hash: those of the place up to the join, then 1 for each sibling on the border.
        uint256 sides = index & ((1 << inner) - 1);
        uint256 length = inner;
        for (; border != 0; border &= border - 1) sides |= 1 << length++;
        if (proof.length != length) return false;

        bytes32 hash;
        // Reads `proof` inside its length. Writes scratch space, and one node of 65 bytes past the free memory pointer, which
        // is not moved: its left place lies at a multiple of 64, so that its right one differs in the digit 32 alone.
        // Each hash goes straight to its side of the next node, so no stale word is hashed. The last one goes to either side
        // and is read from there. The precompile at 0x02 can fail by lack of gas alone, and `ok` remembers that.
        assembly ("memory-safe") {
            let left := and(add(mload(0x40), 0x7f), not(0x3f))
            let node := sub(left, 1)
            mstore8(node, 0x01)
            sides := shl(5, sides)
            let place := or(left, and(sides, 0x20))
            mstore(place, leafHash)
            let ok := 1
            let end := add(proof.offset, shl(5, length))
            for {
                let sibling := proof.offset
            } lt(sibling, end) {
                sibling := add(sibling, 0x20)
            } {
                mstore(xor(place, 0x20), calldataload(sibling))
                sides := shr(1, sides)
                place := or(left, and(sides, 0x20))
                ok := and(ok, staticcall(gas(), 0x02, node, 65, place, 0x20))
            }
            if iszero(ok) {
                revert(0x00, 0x00)
            }
            hash := mload(place)
        }
        return hash == root;
    }
}
