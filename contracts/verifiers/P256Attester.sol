// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {EnvironmentRegistration} from "../interfaces/IEnvironmentRegistry.sol";
import {IP256Attester} from "../interfaces/IP256Attester.sol";
import {EnvironmentId} from "../types/Ids.sol";
import {EnvironmentStatement} from "./EnvironmentStatement.sol";

/// @title P256Attester
/// @notice See IP256Attester, which carries the documentation.
contract P256Attester is IP256Attester, EnvironmentStatement {
    uint256 private constant STATEMENT_LENGTH = 70;

    bytes32 private immutable _NAME;
    bytes32 private immutable _X;
    bytes32 private immutable _Y;

    /// @param name ASCII, padded with zeros on the right.
    /// @param x First coordinate of the key.
    /// @param y Second coordinate of the key.
    constructor(bytes32 name, bytes32 x, bytes32 y) {
        if (name == 0) revert P256Attester_EmptyName();
        if (!P256.isValidPublicKey(x, y)) revert P256Attester_InvalidKey(x, y);
        (_NAME, _X, _Y) = (name, x, y);
    }

    /// @inheritdoc IP256Attester
    function attester() external view returns (bytes32 name, bytes32 x, bytes32 y) {
        return (_NAME, _X, _Y);
    }

    /// @notice Whether the key has signed for a registration; reverts if not.
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata registration,
        bytes calldata statement
    ) external view returns (bool) {
        if (statement.length != STATEMENT_LENGTH) revert P256Attester_MalformedStatement(statement.length);
        uint48 deadline = uint48(bytes6(statement));
        if (block.timestamp > deadline) revert P256Attester_DeadlinePassed(deadline, block.timestamp);
        bytes32 digest = statementDigest(environmentId, registration.validUntil, deadline);
        if (!P256.verifyNative(sha256(abi.encode(digest)), bytes32(statement[6:38]), bytes32(statement[38:]), _X, _Y))
            revert P256Attester_InvalidSignature();
        return true;
    }
}
