// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MerkleTree} from "./MerkleTree.sol";

/// @notice One revealed field of an inference, with what proves that the commitment holds it.
struct OpenedField {
    /// @dev Its place in the commitment.
    uint256 index;
    /// @dev Number of fields in the commitment.
    uint256 fieldCount;
    /// @dev The 32 bytes that hid it.
    bytes32 salt;
    /// @dev SHA-256 of its name.
    bytes32 nameHash;
    /// @dev Empty: the field is absent. The standard `….sha256` fields hold 32 bytes, the others UTF-8 text.
    bytes value;
    /// @dev Inclusion proof of its entry (RFC 9162, section 2.1.3).
    bytes32[] proof;
}

/// @title Commitment to private fields
/// @notice Checks that a field was committed to, without seeing the others.
///
/// A field's entry is salt(32) || SHA-256(name)(32) || value; the commitment is the RFC 9162 root over the entries in fixed
/// order. The standard fields stand at fixed places, absent ones with an empty value; extensions follow them.
///
/// @dev A commitment does not say how many fields it has, and whoever made it may have built a malformed tree that gives one
/// place two fields, in two readings of its size: read with 17 fields, the second field lies below what is the first with 9.
/// From 9 to 16 fields the readings cannot differ for a standard field: the first eight lie at depth 4 always, and the ninth
/// lies on one path at depth 1 to 4, so that what is a leaf in one reading would have to be a node in another. Hence at most
/// seven extensions. Of an extension only its presence can be proven, not that there is no other of its name.
library Commitment {
    uint256 internal constant REQUEST_SHA256 = 0;
    uint256 internal constant RESPONSE_SHA256 = 1;
    uint256 internal constant OUTPUT_TEXT_SHA256 = 2;
    uint256 internal constant ENDPOINT = 3;
    uint256 internal constant MODEL_REQUESTED = 4;
    uint256 internal constant MODEL_RETURNED = 5;
    uint256 internal constant OUTCOME = 6;
    uint256 internal constant USAGE = 7;
    uint256 internal constant FINISH_REASON = 8;
    /// @dev Each commitment has at least the standard fields.
    uint256 internal constant MIN_FIELDS = 9;
    /// @dev With more, a standard field could have two values: see above.
    uint256 internal constant MAX_FIELDS = 16;

    /// @notice Leaf hash of a field.
    /// @param salt The salt.
    /// @param nameHash SHA-256 of the name.
    /// @param value The value.
    function leafHashOf(bytes32 salt, bytes32 nameHash, bytes memory value) internal view returns (bytes32) {
        return MerkleTree.hashLeaf(abi.encodePacked(salt, nameHash, value));
    }

    /// @notice Whether a commitment of 9 to 16 fields holds a field.
    /// @param commitment The commitment in the inference's leaf.
    /// @param field The field and its proof.
    function isOpened(bytes32 commitment, OpenedField calldata field) internal view returns (bool) {
        (uint256 index, uint256 count) = (field.index, field.fieldCount);
        if (count < MIN_FIELDS || count > MAX_FIELDS || index >= count) return false;
        bytes32 leafHash = leafHashOf(field.salt, field.nameHash, field.value);
        return MerkleTree.verifyInclusion(leafHash, uint64(index), uint64(count), field.proof, commitment);
    }

    /// @notice Whether a commitment holds a standard field, at its place and under its name. No commitment, well-formed or
    /// not, holds two values for one.
    /// @param commitment The commitment in the inference's leaf.
    /// @param index Place of the standard field, one of the constants above.
    /// @param field The field and its proof.
    function isStandardOpened(
        bytes32 commitment,
        uint256 index,
        OpenedField calldata field
    ) internal view returns (bool) {
        return
            field.index == index && field.nameHash == sha256(bytes(standardName(index))) && isOpened(commitment, field);
    }

    /// @notice Name of a standard field; empty beyond them, which is no field's name.
    function standardName(uint256 index) internal pure returns (string memory) {
        if (index == REQUEST_SHA256) return "request.sha256";
        if (index == RESPONSE_SHA256) return "response.sha256";
        if (index == OUTPUT_TEXT_SHA256) return "output.text.sha256";
        if (index == ENDPOINT) return "endpoint";
        if (index == MODEL_REQUESTED) return "model.requested";
        if (index == MODEL_RETURNED) return "model.returned";
        if (index == OUTCOME) return "outcome";
        if (index == USAGE) return "usage";
        if (index == FINISH_REASON) return "finish_reason";
        return "";
    }
}
