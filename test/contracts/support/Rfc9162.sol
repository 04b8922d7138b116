// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice RFC 9162, sections 2.1.1 and 2.1.3.1, by the recursion of its text: slow, and nothing shared with the contracts.
library Rfc9162 {
    /// @dev MTH(D_n) over leaf hashes [from, to).
    function root(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to == from) return sha256("");
        if (to - from == 1) return leaves[from];
        uint256 k = _split(to - from);
        return sha256(abi.encodePacked(hex"01", root(leaves, from, from + k), root(leaves, from + k, to)));
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return root(leaves, 0, leaves.length);
    }

    /// @dev PATH(m, D_n).
    function path(bytes32[] memory leaves, uint256 m) internal pure returns (bytes32[] memory hashes) {
        bytes32[] memory longest = new bytes32[](64);
        uint256 length = _path(leaves, 0, leaves.length, m, longest, 0);
        hashes = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) hashes[i] = longest[i];
    }

    function _path(
        bytes32[] memory leaves,
        uint256 from,
        uint256 to,
        uint256 m,
        bytes32[] memory out,
        uint256 length
    ) private pure returns (uint256) {
        if (to - from == 1) return length;
        uint256 k = _split(to - from);
        if (m < k) {
            length = _path(leaves, from, from + k, m, out, length);
            out[length] = root(leaves, from + k, to);
        } else {
            length = _path(leaves, from + k, to, m - k, out, length);
            out[length] = root(leaves, from, from + k);
        }
        return length + 1;
    }

    /// @dev The largest power of two below n.
    function _split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }
}
