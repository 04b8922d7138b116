// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LogId} from "../types/Ids.sol";

/// @title Batch data, version 1
/// @notice The byte format of a batch, the same inline and external:
///
///   offset                 bytes  field
///   0                      1      version, 1
///   1                      2      m, number of models
///   3                      2      e, number of environments
///   5                      4      n, number of inferences, at least 1
///   9                      32 m   model ids
///   9 + 32 m               32 e   environment ids
///   9 + 32 (m + e)         42 n   records
///
///   record: 2 model index, 2 environment index, 6 servedAt (Unix ms), 32 commitment
///
/// All numbers are big-endian. The length is exact: nothing follows the last record. Sequence numbers are not stored: the
/// i-th record has `first + i`.
library BatchData {
    /// @notice Thrown when the version byte is not 1.
    error BatchData_UnknownVersion(uint8 version);
    /// @notice Thrown when the batch has no inference.
    error BatchData_Empty();
    /// @notice Thrown when the length is not the one that the header's numbers give.
    error BatchData_LengthMismatch(uint256 expected, uint256 actual);
    /// @notice Thrown when a record points outside the dictionaries.
    error BatchData_IndexOutOfRange(uint256 record);

    uint256 internal constant HEADER_LENGTH = 9;
    uint256 internal constant RECORD_LENGTH = 42;

    /// @notice Decodes batch data and computes the root of its inferences (RFC 9162, section 2.1.1).
    /// @dev Costs one leaf hash and about one node hash a record, and memory for 32 subtree roots whatever the size: a
    /// finished pair is merged at once, so what stays are the perfect subtrees of the binary digits of the count so far.
    /// @param data The batch data.
    /// @param logId The inference log.
    /// @param first Sequence number of the first record; the caller makes sure that first + count fits 64 bits.
    /// @return root The root.
    /// @return count The number of records.
    function rootOf(
        bytes calldata data,
        LogId logId,
        uint64 first
    ) internal view returns (bytes32 root, uint256 count) {
        if (data.length < HEADER_LENGTH) revert BatchData_LengthMismatch(HEADER_LENGTH, data.length);
        uint8 version = uint8(data[0]);
        if (version != 1) revert BatchData_UnknownVersion(version);
        uint256 modelCount = uint16(bytes2(data[1:3]));
        uint256 environmentCount = uint16(bytes2(data[3:5]));
        count = uint32(bytes4(data[5:9]));
        if (count == 0) revert BatchData_Empty();
        uint256 expected = HEADER_LENGTH + 32 * (modelCount + environmentCount) + RECORD_LENGTH * count;
        if (data.length != expected) revert BatchData_LengthMismatch(expected, data.length);

        uint256 badRecord = type(uint256).max;
        // Reads: the length check above makes the dictionaries and all records lie inside `data`, and each index is
        // compared with its dictionary's size before it is used, so no calldataload reads outside.
        // Writes: only [free, free + 0x580), past the free memory pointer and never handed out, so no Solidity object is
        // touched: leaf buffer of 193 bytes at free; node buffer of 65 bytes at free + 0x100; subtree roots at
        // free + 0x160, at most 33 of them, since count < 2^32 leaves at most one perfect subtree per binary digit, plus
        // the leaf being pushed.
        // The precompile at 0x02 can fail by lack of gas alone; each call's success is checked, so no stale word is read.
        assembly ("memory-safe") {
            function sha256Into(target, source, length) {
                if iszero(staticcall(gas(), 0x02, source, length, target, 0x20)) {
                    revert(0x00, 0x00)
                }
            }
            let leaf := mload(0x40)
            let node := add(leaf, 0x100)
            let stack := add(leaf, 0x160)
            let top := stack
            mstore8(leaf, 0x00)
            mstore8(node, 0x01)
            mstore(add(leaf, 1), logId)

            let models := add(data.offset, HEADER_LENGTH)
            let environments := add(models, shl(5, modelCount))
            let record := add(environments, shl(5, environmentCount))
            for {
                let i := 0
            } lt(i, count) {
                i := add(i, 1)
            } {
                let head := calldataload(record)
                let modelIndex := shr(240, head)
                let environmentIndex := and(shr(224, head), 0xffff)
                if iszero(and(lt(modelIndex, modelCount), lt(environmentIndex, environmentCount))) {
                    badRecord := i
                    break
                }
                mstore(add(leaf, 33), calldataload(add(models, shl(5, modelIndex))))
                mstore(add(leaf, 65), calldataload(add(environments, shl(5, environmentIndex))))
                mstore(add(leaf, 97), calldataload(add(record, 10)))
                mstore(add(leaf, 129), add(first, i))
                mstore(add(leaf, 161), and(shr(176, head), 0xffffffffffff))
                sha256Into(top, leaf, 193)
                top := add(top, 0x20)
                // Each trailing one of i is a finished left subtree of the same height.
                for {
                    let ones := i
                } and(ones, 1) {
                    ones := shr(1, ones)
                } {
                    mstore(add(node, 1), mload(sub(top, 0x40)))
                    mstore(add(node, 33), mload(sub(top, 0x20)))
                    top := sub(top, 0x20)
                    sha256Into(sub(top, 0x20), node, 65)
                }
                record := add(record, RECORD_LENGTH)
            }
            // What is left is folded from the right: the RFC's split puts the largest perfect subtree leftmost.
            if gt(top, stack) {
                for {} gt(sub(top, stack), 0x20) {} {
                    mstore(add(node, 1), mload(sub(top, 0x40)))
                    mstore(add(node, 33), mload(sub(top, 0x20)))
                    top := sub(top, 0x20)
                    sha256Into(sub(top, 0x20), node, 65)
                }
                root := mload(stack)
            }
        }
        if (badRecord != type(uint256).max) revert BatchData_IndexOutOfRange(badRecord);
    }

    /// @notice SHA-256 of batch data.
    /// @dev As `sha256(data)`, but the copy does not move the free memory pointer, so that the event which re-emits the
    /// data uses the same memory again: memory's price grows with the square of its size.
    function digestOf(bytes calldata data) internal view returns (bytes32 digest) {
        // Writes past the free memory pointer and into scratch space only; success is checked.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, data.offset, data.length)
            if iszero(staticcall(gas(), 0x02, buffer, data.length, 0x00, 0x20)) {
                revert(0x00, 0x00)
            }
            digest := mload(0x00)
        }
    }
}
