// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAttesterQuorum, NamedAttester} from "../interfaces/IAttesterQuorum.sol";
import {EnvironmentRegistration} from "../interfaces/IEnvironmentRegistry.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {EnvironmentId} from "../types/Ids.sol";
import {EnvironmentStatement} from "./EnvironmentStatement.sol";

/// @title AttesterQuorum
/// @notice See IAttesterQuorum, which carries the documentation.
contract AttesterQuorum is IAttesterQuorum, EnvironmentStatement {
    uint256 private constant MAX_ATTESTERS = 32;
    /// @dev Of a signature in a statement, what stands before it: attester, deadline, length.
    uint256 private constant HEADER_LENGTH = 28;

    uint256 private immutable _THRESHOLD;
    NamedAttester[] private _attesters;
    mapping(address account => bytes32) private _names;

    /// @param named The attesters, in strictly ascending order of their addresses, each with a name of its own.
    /// @param threshold_ How many of them it takes, at least one.
    constructor(NamedAttester[] memory named, uint256 threshold_) {
        if (named.length > MAX_ATTESTERS) revert AttesterQuorum_TooManyAttesters(named.length, MAX_ATTESTERS);
        if (threshold_ == 0 || threshold_ > named.length) {
            revert AttesterQuorum_InvalidThreshold(threshold_, named.length);
        }
        address previous;
        for (uint256 i = 0; i < named.length; ++i) {
            (address account, bytes32 name) = (named[i].account, named[i].name);
            if (account <= previous) revert AttesterQuorum_AttestersNotAscending(previous, account);
            if (name == 0) revert AttesterQuorum_InvalidName(account, name);
            for (uint256 j = 0; j < i; ++j) {
                if (named[j].name == name) revert AttesterQuorum_InvalidName(account, name);
            }
            _names[account] = name;
            _attesters.push(named[i]);
            previous = account;
        }
        _THRESHOLD = threshold_;
    }

    /// @inheritdoc IAttesterQuorum
    function threshold() external view returns (uint256) {
        return _THRESHOLD;
    }

    /// @inheritdoc IAttesterQuorum
    function attesters() external view returns (NamedAttester[] memory) {
        return _attesters;
    }

    /// @inheritdoc IAttesterQuorum
    function nameOf(address account) external view returns (bytes32) {
        return _names[account];
    }

    /// @notice Whether enough attesters have signed for a registration; reverts if not.
    function verify(
        EnvironmentId environmentId,
        EnvironmentRegistration calldata registration,
        bytes calldata statement
    ) external view returns (bool) {
        uint256 count = 0;
        uint256 offset = 0;
        address previous;
        while (offset < statement.length) {
            (address attester, uint48 deadline, bytes calldata signature) = _signatureAt(statement, offset);
            if (attester <= previous) revert AttesterQuorum_SignaturesNotAscending(previous, attester);
            if (_names[attester] == 0) revert AttesterQuorum_NotAnAttester(attester);
            if (block.timestamp > deadline) {
                revert AttesterQuorum_DeadlinePassed(attester, deadline, block.timestamp);
            }
            // An attester's code is asked by a static call, without a cap on its gas: who registers chooses whose signatures
            // to hand in, so that code which burns gas stops nobody but itself.
            if (
                !Signatures.isByAccount(
                    attester,
                    statementDigest(environmentId, registration.validUntil, deadline),
                    signature
                )
            ) revert AttesterQuorum_InvalidSignature(attester);
            previous = attester;
            offset += HEADER_LENGTH + signature.length;
            ++count;
        }
        if (count < _THRESHOLD) revert AttesterQuorum_ThresholdNotReached(count, _THRESHOLD);
        return true;
    }

    function _signatureAt(
        bytes calldata statement,
        uint256 offset
    ) private pure returns (address attester, uint48 deadline, bytes calldata signature) {
        uint256 start = offset + HEADER_LENGTH;
        if (start > statement.length) revert AttesterQuorum_MalformedStatement(offset);
        attester = address(bytes20(statement[offset:]));
        deadline = uint48(bytes6(statement[offset + 20:]));
        uint256 end = start + uint16(bytes2(statement[offset + 26:]));
        if (end > statement.length) revert AttesterQuorum_MalformedStatement(offset);
        signature = statement[start:end];
    }
}
