// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, OpenedField} from "../../contracts/libraries/Commitment.sol";
import {Rfc9162} from "./support/Rfc9162.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice See Commitment.tree.
contract CommitmentTest is TestBase {
    string[9] private names = [
        "request.sha256",
        "response.sha256",
        "output.text.sha256",
        "endpoint",
        "model.requested",
        "model.returned",
        "outcome",
        "usage",
        "finish_reason"
    ];

    function testFuzz_OpensEachFieldAtItsPlace(bytes32 seed, uint8 size, bytes calldata value) external view {
        uint256 count = bound(size, 9, 16);
        bytes32[] memory leaves = _leaves(seed, count, value);
        bytes32 commitment = Rfc9162.root(leaves);
        for (uint256 i = 0; i < count; ++i) {
            OpenedField memory field = _field(seed, leaves, i, value);
            vm.assertTrue(this.isOpened(commitment, field), "opened");
            for (uint256 j = 0; j < 10; ++j) {
                vm.assertTrue(this.isStandardOpened(commitment, j, field) == (j == i && i < 9), "at its place only");
            }
        }
    }

    function testFuzz_NoByteCanBeAnother(
        bytes32 seed,
        uint8 size,
        uint8 place,
        uint8 mask,
        bytes32 value
    ) external view {
        uint256 count = bound(size, 9, 16);
        bytes memory bytes_ = abi.encodePacked(value);
        bytes32[] memory leaves = _leaves(seed, count, bytes_);
        bytes32 commitment = Rfc9162.root(leaves);
        OpenedField memory field = _field(seed, leaves, bound(place, 0, count - 1), bytes_);
        for (uint256 i = 0; i < 32; ++i) {
            field.value = flipped(bytes_, i, mask);
            vm.assertFalse(this.isOpened(commitment, field), "value");
            field.value = bytes_;
            bytes32 whole = field.salt;
            field.salt = bytes32(flipped(abi.encode(whole), i, mask));
            vm.assertFalse(this.isOpened(commitment, field), "salt");
            field.salt = whole;
            whole = field.nameHash;
            field.nameHash = bytes32(flipped(abi.encode(whole), i, mask));
            vm.assertFalse(this.isOpened(commitment, field), "name");
            field.nameHash = whole;
            for (uint256 j = 0; j < field.proof.length; ++j) {
                whole = field.proof[j];
                field.proof[j] = bytes32(flipped(abi.encode(whole), i, mask));
                vm.assertFalse(this.isOpened(commitment, field), "proof");
                field.proof[j] = whole;
            }
        }
        vm.assertTrue(this.isOpened(commitment, field), "as it was");
    }

    function test_NoBitCanBeAnother() external view {
        bytes memory value = "complete";
        bytes32[] memory leaves = _leaves("seed", 9, value);
        bytes32 commitment = Rfc9162.root(leaves);
        OpenedField memory field = _field("seed", leaves, 6, value);
        for (uint256 i = 0; i < 64; ++i) {
            field.value = flipped(value, i / 8, uint8(1 << (i % 8)));
            vm.assertFalse(this.isOpened(commitment, field), "value");
        }
        field.value = value;
        for (uint256 i = 0; i < 256; ++i) {
            bytes32 bit = bytes32(1 << i);
            vm.assertFalse(this.isOpened(commitment ^ bit, field), "commitment");
            field.index ^= uint256(bit);
            vm.assertFalse(this.isOpened(commitment, field), "index");
            field.index ^= uint256(bit);
            field.salt ^= bit;
            vm.assertFalse(this.isOpened(commitment, field), "salt");
            field.salt ^= bit;
            field.nameHash ^= bit;
            vm.assertFalse(this.isOpened(commitment, field), "name");
            field.nameHash ^= bit;
            for (uint256 j = 0; j < field.proof.length; ++j) {
                field.proof[j] ^= bit;
                vm.assertFalse(this.isOpened(commitment, field), "proof");
                field.proof[j] ^= bit;
            }
        }
        vm.assertTrue(this.isOpened(commitment, field), "as it was");
    }

    function testFuzz_RefusesOtherLengths(bytes32 seed, uint8 size, uint8 place, bytes32 more) external view {
        bytes memory value = "complete";
        bytes32[] memory leaves = _leaves(seed, bound(size, 9, 16), value);
        bytes32 commitment = Rfc9162.root(leaves);
        OpenedField memory field = _field(seed, leaves, place % leaves.length, value);
        bytes32[] memory proof = field.proof;
        for (uint256 length = 0; length < proof.length + 3; ++length) {
            if (length == proof.length) continue;
            (field.proof, field.value) = (new bytes32[](length), value);
            for (uint256 i = 0; i < length; ++i) field.proof[i] = i < proof.length ? proof[i] : more;
            vm.assertFalse(this.isOpened(commitment, field), "proof cut or with more at its end");
            for (uint256 i = 0; i < length && length > proof.length; ++i) {
                field.proof[i] = i + proof.length < length ? more : proof[i + proof.length - length];
            }
            vm.assertFalse(this.isOpened(commitment, field), "proof cut or with more at its beginning");
        }
        field.proof = proof;
        for (uint256 length = 0; length < 12; ++length) {
            if (length == value.length) continue;
            field.value = new bytes(length);
            for (uint256 i = 0; i < length && i < value.length; ++i) field.value[i] = value[i];
            vm.assertFalse(this.isOpened(commitment, field), "value");
        }
    }

    function testFuzz_RefusesOtherPlacesAndSizes(bytes32 seed, uint256 index, uint256 count) external view {
        bytes32[] memory leaves = _leaves(seed, 9, "");
        OpenedField memory field = _field(seed, leaves, 1, "");
        bytes32 commitment = Rfc9162.root(leaves);
        if (index != 1) {
            field.index = index;
            vm.assertFalse(this.isOpened(commitment, field), "another place");
            field.index = 1;
        }
        field.fieldCount = count;
        // The first eight lie at the same depth in trees of 9 to 16: such a reading gives the same field.
        vm.assertTrue(this.isOpened(commitment, field) == (count >= 9 && count <= 16), "9 to 16");
    }

    /// @dev A malformed tree: in the place of the first field's leaf stands a node over two others. Read with 17 fields, the
    /// field at place 1 is another than read with 9. The library takes one of the two readings only.
    function test_AMalformedCommitmentHasOneValue() external view {
        bytes32[] memory leaves = _leaves("seed", 9, "");
        bytes32 hidden = Commitment.leafHashOf("salt", sha256("response.sha256"), abi.encode("other"));
        leaves[0] = sha256(abi.encodePacked(hex"01", bytes32("sibling"), hidden));
        bytes32 commitment = Rfc9162.root(leaves);
        OpenedField memory first = _field("seed", leaves, 1, "");
        vm.assertTrue(this.isStandardOpened(commitment, 1, first), "the reading with 9");

        bytes32[] memory path = Rfc9162.path(leaves, 0);
        bytes32[] memory longer = new bytes32[](path.length + 1);
        longer[0] = "sibling";
        for (uint256 i = 0; i < path.length; ++i) longer[i + 1] = path[i];
        OpenedField memory second = OpenedField({
            index: 1,
            fieldCount: 17,
            salt: "salt",
            nameHash: sha256("response.sha256"),
            value: abi.encode("other"),
            proof: longer
        });
        vm.assertFalse(this.isStandardOpened(commitment, 1, second), "the reading with 17");
        for (uint256 count = 0; count < 40; ++count) {
            second.fieldCount = count;
            vm.assertFalse(this.isOpened(commitment, second), "any other reading");
        }
    }

    /// @dev Why 16: up to there the way to each standard field begins the same in all sizes, so that two readings would need
    /// one hash to be a leaf's and a node's. With 17 it is no longer so.
    function test_ReadingsAgreeUpToSixteenFields() external pure {
        for (uint256 index = 0; index < 9; ++index) {
            for (uint256 a = 9; a <= 16; ++a) {
                for (uint256 b = a; b <= 16; ++b) vm.assertTrue(_oneBeginsTheOther(index, a, b), "9 to 16");
            }
        }
        vm.assertFalse(_oneBeginsTheOther(1, 16, 17), "17");
    }

    function isOpened(bytes32 commitment, OpenedField calldata field) external view returns (bool) {
        return Commitment.isOpened(commitment, field);
    }

    function isStandardOpened(
        bytes32 commitment,
        uint256 index,
        OpenedField calldata field
    ) external view returns (bool) {
        return Commitment.isStandardOpened(commitment, index, field);
    }

    /// @dev The turns from the root to a leaf, by the RFC's split: left 0, right 1.
    function _turns(uint256 index, uint256 size) private pure returns (uint256 turns, uint256 depth) {
        while (size > 1) {
            uint256 k = 1;
            while (k * 2 < size) k *= 2;
            turns = (turns << 1) | (index < k ? 0 : 1);
            (index, size) = index < k ? (index, k) : (index - k, size - k);
            ++depth;
        }
    }

    function _oneBeginsTheOther(uint256 index, uint256 a, uint256 b) private pure returns (bool) {
        (uint256 turnsA, uint256 depthA) = _turns(index, a);
        (uint256 turnsB, uint256 depthB) = _turns(index, b);
        return depthA < depthB ? turnsA == turnsB >> (depthB - depthA) : turnsB == turnsA >> (depthA - depthB);
    }

    function _leaves(bytes32 seed, uint256 count, bytes memory value) private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = sha256(abi.encodePacked(hex"00", _salt(seed, i), _nameHash(i), value));
        }
    }

    function _field(
        bytes32 seed,
        bytes32[] memory leaves,
        uint256 i,
        bytes memory value
    ) private view returns (OpenedField memory) {
        return OpenedField(i, leaves.length, _salt(seed, i), _nameHash(i), value, Rfc9162.path(leaves, i));
    }

    function _salt(bytes32 seed, uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode(seed, i));
    }

    function _nameHash(uint256 i) private view returns (bytes32) {
        return i < 9 ? sha256(bytes(names[i])) : sha256(abi.encode("extension", i));
    }
}
