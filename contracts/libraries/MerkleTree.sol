// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Merkle tree of RFC 9162
/// @notice Positional SHA-256 tree of Certificate Transparency (RFC 9162, section 2.1): prefix 0x00 for leaves, 0x01 for
/// nodes, so that no node can be passed off as a leaf; the split is at the largest power of two below the size.
library MerkleTree {
    /// @notice Hash of a leaf (RFC 9162, section 2.1.1).
    /// @param data The leaf's data, any length.
    function hashLeaf(bytes memory data) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), data));
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
        uint256 node = index;
        uint256 last = size - 1;
        bytes32 hash = leafHash;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = hashNode(proof[i], hash);
                // A lone last node was carried up: skip the levels where it had no sibling.
                while (node != 0 && node & 1 == 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = hashNode(hash, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }
}
