// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchData} from "../../contracts/libraries/BatchData.sol";
import {MerkleTree} from "../../contracts/libraries/MerkleTree.sol";
import {LogId} from "../../contracts/types/Ids.sol";
import {Batch, Batches} from "./support/Batches.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice See BatchData.tree.
contract BatchDataTest is TestBase {
    LogId private constant LOG_ID = LogId.wrap("log");

    function testFuzz_RootIsTheTreesOfItsInferences(uint256 seed, uint16 size, uint64 first) external view {
        uint32 count = uint32(bound(size, 1, 130));
        first = uint64(bound(first, 0, type(uint64).max - count));
        Batch memory b = Batches.make(LOG_ID, first, count, seed);
        (bytes32 root, uint256 actual) = this.rootOf(b.data, LOG_ID, first);
        vm.assertEq(actual, count);
        vm.assertEq(root, b.root);
        vm.assertEq(root, MerkleTree.rootOf(b.leaves));
        vm.assertEq(this.digestOf(b.data), sha256(b.data));
    }

    /// @dev Refused, or another root: no two blobs give one root.
    function testFuzz_NoByteCanBeAnother(uint256 seed, uint8 size, uint8 mask) external view {
        Batch memory b = Batches.make(LOG_ID, 7, uint32(bound(size, 1, 12)), seed);
        for (uint256 i = 0; i < b.data.length; ++i) {
            try this.rootOf(flipped(b.data, i, mask), LOG_ID, 7) returns (bytes32 root, uint256) {
                if (root != b.root) continue;
                // The one exception: a model or an environment in a dictionary that no record points to.
                vm.assertTrue(i >= 9 && i < b.data.length - 42 * b.count, "a dictionary's byte");
            } catch {}
        }
    }

    function testFuzz_RevertWhen_LengthIsAnother(uint256 seed, uint16 length) external {
        Batch memory b = Batches.make(LOG_ID, 0, 5, seed);
        uint256 cut = bound(length, 0, b.data.length + 100);
        if (cut == b.data.length) return;
        bytes memory other = new bytes(cut);
        for (uint256 i = 0; i < cut && i < b.data.length; ++i) other[i] = b.data[i];
        uint256 expected = cut < 9 ? 9 : b.data.length;
        vm.expectRevert(abi.encodeWithSelector(BatchData.BatchData_LengthMismatch.selector, expected, cut));
        this.rootOf(other, LOG_ID, 0);
    }

    function test_RevertWhen_TheHeaderIsWrong() external {
        vm.expectRevert(abi.encodeWithSelector(BatchData.BatchData_UnknownVersion.selector, 2));
        this.rootOf(hex"020000000000000000", LOG_ID, 0);
        vm.expectRevert(BatchData.BatchData_Empty.selector);
        this.rootOf(hex"010000000000000000", LOG_ID, 0);
        // The largest numbers there are: nothing overflows.
        vm.expectRevert(
            abi.encodeWithSelector(
                BatchData.BatchData_LengthMismatch.selector,
                9 + 64 * uint256(0xffff) + 42 * uint256(0xffffffff),
                9
            )
        );
        this.rootOf(hex"01ffffffffffffffff", LOG_ID, 0);
    }

    /// @dev The first index outside each dictionary, at any record; the last inside is accepted by the fuzzed test above.
    function testFuzz_RevertWhen_AnIndexIsOutOfRange(uint8 size, uint8 place, bool ofModel) external {
        uint32 count = uint32(bound(size, 1, 20));
        Batch memory b = Batches.make(LOG_ID, 0, count, 0);
        uint256 record = bound(place, 0, count - 1);
        // Seed 0: one model, one environment.
        bytes memory data = flipped(b.data, 9 + 64 + 42 * record + (ofModel ? 1 : 3), 1);
        vm.expectRevert(abi.encodeWithSelector(BatchData.BatchData_IndexOutOfRange.selector, record));
        this.rootOf(data, LOG_ID, 0);
    }

    function test_RevertWhen_TheGasEnds() external view {
        Batch memory b = Batches.make(LOG_ID, 0, 40, 1);
        for (uint256 given = 5_000; given < 60_000; given += 500) {
            try this.rootOf{gas: given}(b.data, LOG_ID, 0) returns (bytes32 root, uint256) {
                vm.assertEq(root, b.root);
            } catch {}
            try this.digestOf{gas: given / 20}(b.data) returns (bytes32 digest) {
                vm.assertEq(digest, sha256(b.data));
            } catch {}
            try this.hashNode{gas: given / 50}("a", "b") returns (bytes32 hash) {
                vm.assertEq(hash, sha256(abi.encodePacked(hex"01", bytes32("a"), bytes32("b"))));
            } catch {}
        }
    }

    function test_RootOfNothing() external view {
        vm.assertEq(MerkleTree.rootOf(new bytes32[](0)), sha256(""));
    }

    function rootOf(bytes calldata data, LogId logId, uint64 first) external view returns (bytes32, uint256) {
        return BatchData.rootOf(data, logId, first);
    }

    function digestOf(bytes calldata data) external view returns (bytes32) {
        return BatchData.digestOf(data);
    }

    function hashNode(bytes32 left, bytes32 right) external view returns (bytes32) {
        return MerkleTree.hashNode(left, right);
    }
}
